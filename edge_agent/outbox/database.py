"""The outbox's file: opened by one process alone, checked, and set aside when it is damaged."""

import fcntl
import logging
import secrets
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

log = logging.getLogger(__name__)

VERSION: Final = 1
LARGEST_WAL_BYTES: Final = 4 * 1024 * 1024  # kept between transactions; a merging's is larger
SCHEMA: Final = f"""
CREATE TABLE IF NOT EXISTS journal (
    id TEXT NOT NULL,
    next_sequence INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS report (
    first INTEGER PRIMARY KEY,
    last INTEGER NOT NULL,
    starts_at TEXT NOT NULL,
    sealed BLOB NOT NULL,
    sent INTEGER NOT NULL
) STRICT;
PRAGMA user_version = {VERSION};
"""


class OutboxError(RuntimeError):
    """The outbox cannot be used: which file, why, what to do."""


def opened(path: Path) -> sqlite3.Connection:
    """The database with its one journal; sqlite3.DatabaseError when it is damaged."""
    database = sqlite3.connect(path, check_same_thread=False)  # opened here, used by one other
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute(f"PRAGMA journal_size_limit = {LARGEST_WAL_BYTES}")
        verdict = database.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
        version, tables = database.execute(
            "SELECT user_version, (SELECT count(*) FROM sqlite_schema) FROM pragma_user_version"
        ).fetchone()
        if version > VERSION:
            raise OutboxError(f"outbox {path} is a newer agent's: update, or give another path")
        if tables and not version:
            raise sqlite3.DatabaseError("a database of another program")
        with database:
            database.executescript(SCHEMA)
            _begin_journal(database)
    except (sqlite3.Error, OutboxError):
        database.close()
        raise
    return database


def _begin_journal(database: sqlite3.Connection) -> None:
    journals, reports = database.execute(
        "SELECT (SELECT count(*) FROM journal), (SELECT count(*) FROM report)"
    ).fetchone()
    if journals == 0 and reports == 0:
        database.execute("INSERT INTO journal VALUES (?, 1)", (secrets.token_hex(8),))
    elif journals != 1:
        raise sqlite3.DatabaseError(f"{journals} journals for {reports} reports")


def locked(path: Path) -> IO[bytes]:
    """Nobody else's from now on, until it is closed; OutboxError when it is somebody's."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(path.name + ".lock").open("wb")
    except OSError as error:
        raise OutboxError(
            f"outbox {path} cannot be written: {error}; give --outbox a path on a writable disk"
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise OutboxError(
            f"outbox {path} is in use by another agent; stop it, or give --outbox another path"
        ) from error
    return lock


def set_aside(path: Path, error: sqlite3.Error) -> None:
    """Keep a damaged database under another name: somebody may still read it."""
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
    for suffix in ("", "-wal", "-shm"):
        damaged = path.with_name(path.name + suffix)
        if damaged.exists():
            damaged.rename(path.with_name(f"{path.name}.damaged-{stamp}{suffix}"))
    log.error(
        "outbox.set_aside",
        extra={"path": str(path), "reason": str(error), "kept_as": f"{path.name}.damaged-{stamp}"},
    )


def trouble(path: Path, error: sqlite3.Error) -> OutboxError:
    """The error as a sentence."""
    return OutboxError(f"outbox {path}: {error}; check the disk's space and health")
