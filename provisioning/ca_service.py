"""The CA service: holds the authority's key and signs requests of the enrolment service.

It listens on a Unix socket that only its owner can open, never on a network. It signs requests of
devices, revokes certificates and renews the revocation list every day. It accepts no other command,
so a compromised enrolment service cannot issue a certificate for a service or a broker.

The number of connections and the time of each request are limited. Commands are executed one at a
time. A second CA service in the same folder is refused.
"""

import argparse
import logging
import os
import signal
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from provisioning import key_store
from provisioning.authority import revocation, signing_request
from provisioning.authority.ca import LIST_FILE, AuthorityError, CertificateAuthority
from provisioning.authority.register import RegisterError
from provisioning.authority.revocation import ReasonError
from provisioning.authority.signing_request import SigningRequestError
from provisioning.folder_lock import FolderLock, FolderLockedError
from provisioning.key_store import KeyStoreError
from wire.clock import utc_now
from wire.fleet.enrolment import (
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

MAX_LINE_BYTES: Final = 64 * 1024
REQUEST_TIMEOUT_S: Final = 5.0  # to receive a whole line
MAX_CONNECTIONS: Final = 16
READ_BYTES: Final = 8 * 1024
LIST_CHECK_INTERVAL_S: Final = 3_600.0
REFUSALS: Final = (AuthorityError, ReasonError, RegisterError, SigningRequestError, KeyStoreError)

_decoder: msgspec.json.Decoder[CaCommand] = msgspec.json.Decoder(CaCommand)


def perform(authority: CertificateAuthority, command: CaCommand, *, at: datetime) -> CaReply:
    """Execute one command."""
    try:
        return (
            _sign(authority, command, at)
            if isinstance(command, SignCommand)
            else _revoke(authority, command, at)
        )
    except REFUSALS as error:
        return CommandRefused(reason=str(error)[:500])


def _sign(authority: CertificateAuthority, command: SignCommand, at: datetime) -> CaReply:
    pem = command.request.encode()
    name, key = signing_request.read(pem)
    if name != command.device:
        return CommandRefused(reason=f"the request is for {name!r}, not {command.device!r}")
    before = authority.signed_before(command.device, command.location, key, at=at)
    entry = before or authority.sign_device(pem, command.location, at=at)
    certificate = entry.certificate + authority.chain.decode()
    log.info("ca_service.signed", extra={"device": name, "serial": entry.serial})
    return Signed(serial=entry.serial, certificate=certificate, ends_at=entry.ends_at)


def _revoke(authority: CertificateAuthority, command: WithdrawCommand, at: datetime) -> CaReply:
    [entry] = authority.revoke([command.serial], reason=command.reason, at=at)
    log.info("ca_service.withdrew", extra={"device": entry.name, "serial": entry.serial})
    return Withdrawn(serial=entry.serial)


class CaService(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Serves up to `MAX_CONNECTIONS` connections, and executes one command at a time."""

    daemon_threads = True
    block_on_close = False

    def __init__(
        self, authority: CertificateAuthority, path: Path, clock: Callable[[], datetime]
    ) -> None:
        self.authority = authority
        self.clock = clock
        self.working = threading.Lock()
        self._slots = threading.BoundedSemaphore(MAX_CONNECTIONS)
        self._locks = [
            FolderLock(authority.folder, "CA service"),
            FolderLock(path.parent, path.name),
        ]
        self._lock_folders()
        before = os.umask(0o177)
        try:
            path.unlink(missing_ok=True)
            super().__init__(str(path), _RequestHandler)
        except OSError as error:
            self._unlock_folders()
            raise AuthorityError(
                f"the CA service cannot listen at {path}: {error}; give another path with --socket"
            ) from error
        finally:
            os.umask(before)

    def server_close(self) -> None:
        """Stop listening and release the folder."""
        super().server_close()
        self._unlock_folders()

    def verify_request(self, request: object, client_address: object) -> bool:
        """Whether another connection is accepted."""
        return self._slots.acquire(blocking=False)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection, then release its slot."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._slots.release()

    def renew_stale_list(self) -> None:
        """Write the revocation list again when it is a day old."""
        at = self.clock()
        if revocation.is_stale((self.authority.folder / LIST_FILE).read_bytes(), at=at):
            with self.working:
                self.authority.publish(at=at)
            log.info("ca_service.list_renewed")

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


class _RequestHandler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        """Execute the commands of one connection until it closes or exceeds the time limit."""
        assert isinstance(self.server, CaService)
        lines = self._lines()
        try:
            for line in lines:
                self.request.settimeout(REQUEST_TIMEOUT_S)
                self.request.sendall(encode_line(self._execute(self.server, line)))
        except OSError as error:
            log.debug("ca_service.left", extra={"reason": type(error).__name__})

    def _lines(self) -> Iterator[bytes]:
        """Yield whole lines; each must arrive within `REQUEST_TIMEOUT_S`."""
        buffer, ends_s = b"", time.monotonic() + REQUEST_TIMEOUT_S
        while True:
            whole, found, rest = buffer.partition(b"\n")
            if found:
                yield whole
                buffer, ends_s = rest, time.monotonic() + REQUEST_TIMEOUT_S
                continue
            if len(buffer) > MAX_LINE_BYTES:
                self.request.sendall(
                    encode_line(CommandRefused(reason="not a command: the line is too long"))
                )
                return
            self.request.settimeout(max(ends_s - time.monotonic(), 0.001))
            chunk = self.request.recv(READ_BYTES)
            if not chunk:
                return
            buffer += chunk

    def _execute(self, server: CaService, line: bytes) -> CaReply:
        try:
            command = _decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return CommandRefused(reason=f"not a command: {error}"[:500])
        with server.working:
            return perform(server.authority, command, at=server.clock())


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `ca-service`."""
    parser.add_argument(
        "--dir", type=Path, metavar="FOLDER", required=True, help="folder of the authority"
    )
    parser.add_argument(
        "--socket",
        type=Path,
        metavar="PATH",
        help="Unix socket to listen on (default: ca.socket in the folder of the authority)",
    )
    parser.set_defaults(run=serve)


def serve(options: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Serve until SIGTERM or Ctrl-C."""
    authority = CertificateAuthority(options.dir, key_store.read_passphrase(os.environ))
    authority.register.entries(name="")  # refuses a folder without an authority at once
    path = options.socket or options.dir / "ca.socket"
    with CaService(authority, path, utc_now) as service:
        service.renew_stale_list()
        ended = threading.Event()
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            _repeat_every(LIST_CHECK_INTERVAL_S, ended, service.renew_stale_list)
            yield f"listening on {path}"
            service.serve_forever()
        except KeyboardInterrupt:
            return
        finally:
            ended.set()


def _repeat_every(
    seconds: float, ended: threading.Event, act: Callable[[], None]
) -> threading.Thread:
    def repeat() -> None:
        while not ended.wait(seconds):
            try:
                act()
            except (*REFUSALS, OSError) as error:
                log.error("ca_service.list_not_renewed", extra={"reason": str(error)})

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    return thread
