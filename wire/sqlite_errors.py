"""Classify SQLite errors: the file is damaged, or intact and its environment has a problem.

The outbox of the device and the database of the cloud both use this. Damage is
SQLITE_CORRUPT, SQLITE_NOTADB or a failed `quick_check`, nothing else. A full disk, a lock, missing
rights, a read-only file system or an I/O error does not concern the content: the file must not be
moved or changed, and the same call may succeed later.
"""

import sqlite3
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

PRIMARY_MASK: Final = 0xFF  # an extended result code carries its primary code in the low byte


class SqliteCause(StrEnum):
    """Why a call failed; the value completes the sentence "the database ..."."""

    DAMAGED = "is damaged"
    DISK_FULL = "cannot grow: the disk is full"
    LOCKED = "is locked by another program"
    READ_ONLY = "is on a read-only file system or may not be written by this user"
    NO_PERMISSION = "may not be accessed by this user"
    CANNOT_OPEN = "cannot be opened"
    IO_ERROR = "cannot be read or written: the disk reports an error"
    NO_MEMORY = "cannot be read: memory is exhausted"
    OTHER = "reports an error"


REMEDIES: Final = {
    SqliteCause.DAMAGED: "restore a copy, or move the file away",
    SqliteCause.DISK_FULL: "free space on its file system",
    SqliteCause.LOCKED: "stop the other program, or wait until it has finished",
    SqliteCause.READ_ONLY: "mount the file system read-write, or correct owner and mode",
    SqliteCause.NO_PERMISSION: "correct owner and mode of the file and its folder",
    SqliteCause.CANNOT_OPEN: "check path, owner, mode and free space of its folder",
    SqliteCause.IO_ERROR: "check the disk's health",
    SqliteCause.NO_MEMORY: "free memory",
    SqliteCause.OTHER: "check the disk's space and health",
}

_CAUSES: Final = {
    sqlite3.SQLITE_CORRUPT: SqliteCause.DAMAGED,
    sqlite3.SQLITE_NOTADB: SqliteCause.DAMAGED,
    sqlite3.SQLITE_FULL: SqliteCause.DISK_FULL,
    sqlite3.SQLITE_BUSY: SqliteCause.LOCKED,
    sqlite3.SQLITE_LOCKED: SqliteCause.LOCKED,
    sqlite3.SQLITE_PROTOCOL: SqliteCause.LOCKED,
    sqlite3.SQLITE_READONLY: SqliteCause.READ_ONLY,
    sqlite3.SQLITE_PERM: SqliteCause.NO_PERMISSION,
    sqlite3.SQLITE_AUTH: SqliteCause.NO_PERMISSION,
    sqlite3.SQLITE_CANTOPEN: SqliteCause.CANNOT_OPEN,
    sqlite3.SQLITE_IOERR: SqliteCause.IO_ERROR,
    sqlite3.SQLITE_NOMEM: SqliteCause.NO_MEMORY,
}


class DamagedDatabaseError(sqlite3.DatabaseError):
    """`quick_check` failed: raise it with what the check found."""


def cause_of(error: BaseException) -> SqliteCause:
    """Why SQLite failed. Looks through the errors that another library wrapped around it.

    An error without a result code (raised by Python's module itself, or no SQLite error at all)
    is OTHER.
    """
    for one in _chain(error):
        if isinstance(one, DamagedDatabaseError):
            return SqliteCause.DAMAGED
        code = getattr(one, "sqlite_errorcode", None)
        if isinstance(code, int):
            return _CAUSES.get(code & PRIMARY_MASK, SqliteCause.OTHER)
    return SqliteCause.OTHER


def is_damage(error: BaseException) -> bool:
    """Whether the file itself is damaged. False for every problem of its environment."""
    return cause_of(error) is SqliteCause.DAMAGED


def explanation(error: BaseException) -> str:
    """What happened and what to do, without SQL, values or rows: "is locked by ...: stop ..."."""
    cause = cause_of(error)
    return f"{cause}; {REMEDIES[cause]}"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, what it wraps (`orig` of SQLAlchemy), and what it was raised from."""
    pending, known = [error], set[int]()
    while pending:
        one = pending.pop(0)
        if id(one) in known:
            continue
        known.add(id(one))
        yield one
        inner = (getattr(one, "orig", None), one.__cause__)
        pending += [other for other in inner if isinstance(other, BaseException)]
