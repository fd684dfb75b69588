"""An SMTP relay on loopback that delivers nothing: it writes each mail into a folder."""

import itertools
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

REPLIES: Final = {
    b"EHLO": b"250 mail folder",
    b"HELO": b"250 mail folder",
    b"DATA": b"354 end with a line of one dot",
    b"QUIT": b"221 goodbye",
}
ACCEPTED: Final = b"250 accepted"
LONGEST_LINE_BYTES: Final = 64 * 1024


@contextmanager
def receive_mails(folder: Path) -> Iterator[int]:
    """The port of the relay; mails are `1.eml`, `2.eml`, ... in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with _MailServer(folder) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


class _MailServer(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)
        super().__init__(("127.0.0.1", 0), _Session)

    def store(self, mail: bytes) -> None:
        """Write a mail, readable by this user only: it may have a link to choose a password."""
        file = self._folder / f"{next(self._numbers)}.eml"
        file.touch(mode=0o600)
        file.write_bytes(mail)


class _Session(socketserver.StreamRequestHandler):
    server: _MailServer

    def handle(self) -> None:
        self._reply(b"220 mail folder")
        while line := self.rfile.readline(LONGEST_LINE_BYTES):
            verb = line[:4].upper()
            self._reply(REPLIES.get(verb, ACCEPTED))
            if verb == b"QUIT":
                return
            if verb == b"DATA":
                self.server.store(b"".join(self._read_lines()))
                self._reply(ACCEPTED)

    def _read_lines(self) -> Iterator[bytes]:
        """The lines of a mail; a dot before a dot at the start of a line is the protocol's."""
        while line := self.rfile.readline(LONGEST_LINE_BYTES):
            if line.rstrip(b"\r\n") == b".":
                return
            yield line.removeprefix(b".")

    def _reply(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")
