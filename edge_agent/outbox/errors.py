"""Errors of the outbox: the file, the cause, what to do. Damage is a class of its own."""

import errno
import sqlite3
from pathlib import Path

from wire.sqlite_errors import explanation, is_damage


class OutboxError(RuntimeError):
    """The outbox cannot be used: which file, why, what to do."""


class OutboxDamagedError(OutboxError):
    """The file is damaged: it may be renamed and replaced by a new one."""


def outbox_error_from_sqlite(path: Path, error: sqlite3.Error) -> OutboxError:
    """The outbox error for an error of SQLite; OutboxDamagedError if the file is damaged."""
    kind = OutboxDamagedError if is_damage(error) else OutboxError
    return kind(f"outbox {path} {explanation(error)}")


def outbox_error_from_os(path: Path, error: OSError) -> OutboxError:
    """The outbox error for an error of the operating system."""
    if error.errno == errno.ENOSPC:
        return OutboxError(f"outbox {path} cannot be written: the disk is full; free space on it")
    return OutboxError(
        f"outbox {path} cannot be written: {error.strerror or error}; "
        "give --outbox a path on a writable disk"
    )
