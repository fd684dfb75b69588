"""The signer: holds the authority's key, and signs what the enrolment desk passes on.

It listens on a socket of this machine, readable by its owner only, and never on a network. It signs
for devices, takes certificates back and writes the revocation list again every day; it can do
nothing else, so that a desk that was broken into cannot make itself a service or a broker.

Connections are bounded in number and each errand in time; errands are done one after another. One
signer works in a folder: a second is refused.
"""

import argparse
import logging
import os
import signal
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from provisioning import vault
from provisioning.authority import revocation, signing_request
from provisioning.authority.office import LIST_FILE, Office, OfficeError
from provisioning.authority.register import RegisterError
from provisioning.authority.revocation import ReasonError
from provisioning.authority.signing_request import SigningRequestError
from provisioning.folder_lock import FolderLock, FolderLockedError
from provisioning.vault import VaultError
from wire.enrolment import (
    CaCommand,
    CaReply,
    CommandRefused,
    SignCommand,
    Signed,
    WithdrawCommand,
    Withdrawn,
    encode_line,
)

log = logging.getLogger(__name__)

LONGEST_LINE_BYTES: Final = 64 * 1024
ERRAND_WITHIN_S: Final = 5.0  # from the first wait for it to its last byte
MOST_CONNECTIONS: Final = 16
READ_BYTES: Final = 8 * 1024
LOOK_AT_LIST_EVERY_S: Final = 3_600.0
REFUSALS: Final = (OfficeError, ReasonError, RegisterError, SigningRequestError, VaultError)

_decoder: msgspec.json.Decoder[CaCommand] = msgspec.json.Decoder(CaCommand)


def performed(office: Office, errand: CaCommand, *, at: datetime) -> CaReply:
    """Do one errand."""
    try:
        return (
            _sign(office, errand, at)
            if isinstance(errand, SignCommand)
            else _take(office, errand, at)
        )
    except REFUSALS as error:
        return CommandRefused(reason=str(error)[:500])


def _sign(office: Office, errand: SignCommand, at: datetime) -> CaReply:
    pem = errand.request.encode()
    name, key = signing_request.read(pem)
    if name != errand.device:
        return CommandRefused(reason=f"the request is for {name!r}, not {errand.device!r}")
    before = office.signed_before(errand.device, errand.location, key, at=at)
    entry = before or office.sign_device(pem, errand.location, at=at)
    certificate = entry.certificate + office.chain.decode()
    log.info("signer.signed", extra={"device": name, "serial": entry.serial})
    return Signed(serial=entry.serial, certificate=certificate, ends_at=entry.ends_at)


def _take(office: Office, errand: WithdrawCommand, at: datetime) -> CaReply:
    [entry] = office.revoke([errand.serial], reason=errand.reason, at=at)
    log.info("signer.withdrew", extra={"device": entry.name, "serial": entry.serial})
    return Withdrawn(serial=entry.serial)


class Signer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Serves a few connections at a time, and one errand after the other."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, office: Office, path: Path, clock: Callable[[], datetime]) -> None:
        self.office = office
        self.clock = clock
        self.working = threading.Lock()
        self._slots = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self._locks = [FolderLock(office.folder, "signer"), FolderLock(path.parent, path.name)]
        self._lock_folders()
        before = os.umask(0o177)
        try:
            path.unlink(missing_ok=True)
            super().__init__(str(path), _Errands)
        except OSError as error:
            self._unlock_folders()
            raise OfficeError(f"no signer can listen at {path}: {error}; try --socket") from error
        finally:
            os.umask(before)

    def server_close(self) -> None:
        """Stop listening; another may work in the folder now."""
        super().server_close()
        self._unlock_folders()

    def verify_request(self, request: object, client_address: object) -> bool:
        """Whether one connection more is served."""
        return self._slots.acquire(blocking=False)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection, then give its slot back."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._slots.release()

    def keep_list_fresh(self) -> None:
        """Write the revocation list again when it has stood for a day."""
        at = self.clock()
        if revocation.is_stale((self.office.folder / LIST_FILE).read_bytes(), at=at):
            with self.working:
                self.office.publish(at=at)
            log.info("signer.list_renewed")

    def _lock_folders(self) -> None:
        try:
            for lock in self._locks:
                lock.take()
        except FolderLockedError:
            self._unlock_folders()
            raise

    def _unlock_folders(self) -> None:
        for lock in self._locks:
            lock.release()


class _Errands(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        """Answer the errands of one visitor until they leave, fall silent or are too slow."""
        assert isinstance(self.server, Signer)
        lines = self._lines()
        try:
            for asked in lines:
                self.request.settimeout(ERRAND_WITHIN_S)
                self.request.sendall(encode_line(self._outcome(self.server, asked)))
        except OSError as error:
            log.debug("signer.left", extra={"reason": type(error).__name__})

    def _lines(self) -> Iterator[bytes]:
        """Whole lines; a visitor has `ERRAND_WITHIN_S` for each, however it drips."""
        buffer, ends_s = b"", time.monotonic() + ERRAND_WITHIN_S
        while True:
            whole, found, rest = buffer.partition(b"\n")
            if found:
                yield whole
                buffer, ends_s = rest, time.monotonic() + ERRAND_WITHIN_S
                continue
            if len(buffer) > LONGEST_LINE_BYTES:
                self.request.sendall(
                    encode_line(CommandRefused(reason="no errand: the line is too long"))
                )
                return
            self.request.settimeout(max(ends_s - time.monotonic(), 0.001))
            chunk = self.request.recv(READ_BYTES)
            if not chunk:
                return
            buffer += chunk

    def _outcome(self, server: Signer, asked: bytes) -> CaReply:
        try:
            errand = _decoder.decode(asked)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return CommandRefused(reason=f"no errand: {error}"[:500])
        with server.working:
            return performed(server.office, errand, at=server.clock())


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `signer`."""
    parser.add_argument("--dir", type=Path, required=True, help="the authority's folder")
    parser.add_argument("--socket", type=Path, help="where it listens (DIR/signer.socket)")
    parser.set_defaults(run=served)


def served(asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Serve until SIGTERM or Ctrl-C."""
    office = Office(asked.dir, vault.passphrase(os.environ))
    office.register.entries(name="")  # an authority that is none is refused now, not later
    path = asked.socket or asked.dir / "signer.socket"
    with Signer(office, path, lambda: datetime.now(UTC)) as signer:
        signer.keep_list_fresh()
        ended = threading.Event()
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            _every(LOOK_AT_LIST_EVERY_S, ended, signer.keep_list_fresh)
            yield f"signing for {path}"
            signer.serve_forever()
        except KeyboardInterrupt:
            return
        finally:
            ended.set()


def _every(seconds: float, ended: threading.Event, act: Callable[[], None]) -> None:
    def repeat() -> None:
        while not ended.wait(seconds):
            try:
                act()
            except (*REFUSALS, OSError) as error:
                log.error("signer.list_not_renewed", extra={"reason": str(error)})

    threading.Thread(target=repeat, daemon=True).start()
