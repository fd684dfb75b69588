"""Real sockets on loopback that misbehave in the ways a network can."""

import itertools
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Thread
from typing import Final

LENGTH = b"content-length:"
PATIENCE_S: Final = 60.0
"""How long a peer misbehaves: many times the limit of a call. Then it ends the connection."""
Behaviour = Callable[[socket.socket], None]


class Peer:
    """A real socket of loopback that behaves as the test asks, for each connection.

    `ended_first`: it ended a connection because its client did not, for `PATIENCE_S`.
    """

    def __init__(self, behave: Behaviour) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.ended_first = False
        self._behave = behave
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        connection.settimeout(PATIENCE_S)
        with connection, suppress(OSError):
            try:
                self._behave(connection)
            except TimeoutError:
                self.ended_first = True

    def close(self) -> None:
        self._listener.close()


def request_of(connection: socket.socket) -> bytes:
    """A whole request: its head, and as much as it says its body has."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += connection.recv(65_536)
    head, _, body = got.partition(b"\r\n\r\n")
    lengths = [int(line[15:]) for line in head.split(b"\r\n") if line[:15].lower() == LENGTH]
    length = lengths[0] if lengths else 0
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


def repeats() -> Iterator[None]:
    """Go on for `PATIENCE_S`, and then raise TimeoutError."""
    ends_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends_s:
        yield
    raise TimeoutError


def says(answer: bytes) -> Behaviour:
    def behave(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(answer)

    return behave


def drips(text: bytes, then: bytes = b"x", every_s: float = 0.05) -> Behaviour:
    """Send a text, and then the same bytes again and again, one byte at a time."""

    def behave(connection: socket.socket) -> None:
        request_of(connection)
        for byte, _ in zip(itertools.chain(text, itertools.cycle(then)), repeats(), strict=False):
            connection.sendall(bytes([byte]))
            time.sleep(every_s)

    return behave


def hangs(connection: socket.socket) -> None:
    while connection.recv(65_536):
        pass


def pours(connection: socket.socket) -> None:
    request_of(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for _ in repeats():
        connection.sendall(b"X-More: " + b"x" * 1_000 + b"\r\n")


def continues_for_ever(connection: socket.socket) -> None:
    request_of(connection)
    for _ in repeats():
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
