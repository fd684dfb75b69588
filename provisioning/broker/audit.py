"""The audit log: one JSON line for each rejected request or ended session.

A full file is renamed to `.1.jsonl`, which replaces the previous one. A power failure can truncate
the last line; a reader skips it, and the next line starts on a new line.
"""

import logging
import os
from pathlib import Path
from typing import IO, Final

import msgspec

from provisioning.broker.log_monitor import AuditEvent

log = logging.getLogger(__name__)

MAX_BYTES: Final = 16 * 1024 * 1024


class AuditLog:
    """Appends to one file, readable by its owner only: it contains client names and addresses."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, audit_event: AuditEvent) -> None:
        """Append one line. An error of the disk is logged and not raised."""
        try:
            self._append(msgspec.json.encode(audit_event) + b"\n")
        except OSError as error:
            log.error(
                "audit.not_written", extra={"reason": error.strerror, "event": audit_event.event}
            )

    def _append(self, line: bytes) -> None:
        with open(self._path, "a+b", opener=_private) as file:
            file.write(_missing_newline(file) + line)
            full = file.tell() > MAX_BYTES
        if full:
            self._path.replace(self._path.with_suffix(".1.jsonl"))


def _missing_newline(file: IO[bytes]) -> bytes:
    """A newline if the last line of the file is truncated."""
    if file.seek(0, os.SEEK_END) == 0:
        return b""
    file.seek(-1, os.SEEK_END)
    return b"" if file.read(1) == b"\n" else b"\n"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
