"""The outbox's file: checked when it is opened, and renamed only when it is damaged.

What is damage is decided in `wire.sqlite_errors`. A full disk, a lock, missing rights, a read-only
file system or an I/O error is an OutboxError that leaves the file as it is: the reports in it are
intact. Nothing is written to an existing file before it has passed its check.

`report` rows are numbered over all streams; `journal` holds the next such number, and an id that
only an older agent would use, so that such an agent deletes nothing that this one has stored.
"""

import logging
import os
import secrets
import sqlite3
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from edge_agent.outbox.errors import (
    OutboxDamagedError,
    OutboxError,
    outbox_error_from_os,
    outbox_error_from_sqlite,
)
from edge_agent.private_files import open_private_file, restrict
from wire.sqlite_errors import DamagedDatabaseError

log = logging.getLogger(__name__)

VERSION: Final = 1
LARGEST_WAL_BYTES: Final = 1024 * 1024  # kept between transactions; a merging's is larger
CHECKPOINT_PAGES: Final = 128  # half a mebibyte of log, then it is written into the database
BUSY_AT_START_MS: Final = 5000
BUSY_LATER_MS: Final = 200  # measuring must not wait; the call is tried again
SUFFIXES: Final = ("", "-wal", "-shm")
TABLES: Final = {
    "journal": "CREATE TABLE journal (id TEXT NOT NULL, next_sequence INTEGER NOT NULL) STRICT",
    "report": """CREATE TABLE report (
        first INTEGER PRIMARY KEY,
        last INTEGER NOT NULL,
        starts_at TEXT NOT NULL,
        sealed BLOB NOT NULL,
        sent INTEGER NOT NULL
    ) STRICT""",
    "unreadable": """CREATE TABLE unreadable (
        first INTEGER PRIMARY KEY,
        last INTEGER NOT NULL,
        reason TEXT NOT NULL,
        sealed BLOB NOT NULL
    ) STRICT""",
    "withheld": """CREATE TABLE withheld (
        slot INTEGER PRIMARY KEY CHECK (slot = 1),
        content BLOB NOT NULL
    ) STRICT""",
}


def open_database(path: Path) -> sqlite3.Connection:
    """The database, complete; OutboxDamagedError when it is damaged, OutboxError for all else."""
    is_new = not path.exists()
    try:
        os.close(open_private_file(path))
    except OSError as error:
        raise outbox_error_from_os(path, error) from error
    for suffix in SUFFIXES[1:]:
        restrict(path.with_name(path.name + suffix))
    try:
        return _prepared(path)
    except (sqlite3.Error, OutboxError) as error:
        if is_new:
            _remove_empty(path)
        if isinstance(error, OutboxError):
            raise
        raise outbox_error_from_sqlite(path, error) from error


def _prepared(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:  # opened here, used by one other thread
        database.execute(f"PRAGMA busy_timeout = {BUSY_AT_START_MS}")
        missing = TABLES.keys() - check_tables(path, database)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute(f"PRAGMA journal_size_limit = {LARGEST_WAL_BYTES}")
        database.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        if missing:
            _create(database, missing)
        database.execute(f"PRAGMA busy_timeout = {BUSY_LATER_MS}")
    except BaseException:
        database.close()
        raise
    return database


def check_tables(path: Path, database: sqlite3.Connection) -> set[str]:
    """The tables of a database that may be used; only reads.

    Raises DamagedDatabaseError, or OutboxError for a file that is not this agent's to change.
    """
    verdict = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise DamagedDatabaseError(verdict)
    version = database.execute("PRAGMA user_version").fetchone()[0]
    names = database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    tables = {name for (name,) in names}
    if version > VERSION:
        raise OutboxError(
            f"outbox {path} was written by a newer agent: update this one, or give --outbox "
            "another path"
        )
    if tables and not version:
        raise OutboxError(
            f"outbox {path} is a database of another program: give --outbox another path"
        )
    return tables


def _create(database: sqlite3.Connection, missing: set[str]) -> None:
    database.execute("BEGIN IMMEDIATE")
    try:
        for name in TABLES.keys() & missing:
            database.execute(TABLES[name])
        database.execute(f"PRAGMA user_version = {VERSION}")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


def rename_damaged(path: Path, error: OutboxDamagedError) -> None:
    """Keep a damaged database under another name: somebody may still read it."""
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
    kept_as = f"{path.name}.damaged-{stamp}"
    try:
        for suffix in SUFFIXES:
            damaged = path.with_name(path.name + suffix)
            if damaged.exists():
                damaged.rename(path.with_name(kept_as + suffix))
    except OSError as refused:
        raise OutboxError(
            f"outbox {path} is damaged and cannot be renamed: {refused.strerror}; move it away"
        ) from refused
    reason = str(error.__cause__ or error)
    log.error("outbox.damaged", extra={"path": str(path), "reason": reason, "kept_as": kept_as})


def _remove_empty(path: Path) -> None:
    """A file that was created a moment ago and never got a content is no outbox."""
    with suppress(OSError):
        if path.stat().st_size == 0:
            path.unlink()
