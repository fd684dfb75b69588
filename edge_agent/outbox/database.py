"""The outbox's database file: checked when opened, and renamed only when it is damaged.

`wire.sqlite_errors` decides what counts as damage. A full disk, a lock, missing permissions, a
read-only file system or an I/O error raises OutboxError and leaves the file as it is: the reports
in it are intact. Nothing is written to an existing file before it has passed the check.

`report` rows are numbered over all streams. `journal` holds the next row number, and a stream id
that only older agents use, so that an older agent after a rollback deletes no report of this one.
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
LARGEST_WAL_BYTES: Final = 1024 * 1024  # between transactions; downsampling needs more
CHECKPOINT_PAGES: Final = 128  # half a MiB of log, then it is written to the database
BUSY_AT_START_MS: Final = 5000
BUSY_LATER_MS: Final = 200  # measurement must not wait; the call is repeated
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
    """Open the database and create missing tables.

    Raises OutboxDamagedError when the file is damaged, OutboxError for every other cause.
    """
    is_new = not path.exists()
    try:
        os.close(open_private_file(path))
    except OSError as error:
        raise outbox_error_from_os(path, error) from error
    for suffix in SUFFIXES[1:]:
        restrict(path.with_name(path.name + suffix))
    try:
        return _prepare(path)
    except (sqlite3.Error, OutboxError) as error:
        if is_new:
            _remove_empty(path)
        if isinstance(error, OutboxError):
            raise
        raise outbox_error_from_sqlite(path, error) from error


def _prepare(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:  # opened by this thread, used by one other
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
    """The tables of a database that this agent may use; only reads.

    Raises DamagedDatabaseError, or OutboxError for a file of a newer agent or another program.
    """
    result = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    if result != "ok":
        raise DamagedDatabaseError(result)
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
    """Rename a damaged database: its reports may still be recovered by hand."""
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
    kept_as = f"{path.name}.damaged-{stamp}"
    try:
        for suffix in SUFFIXES:
            damaged = path.with_name(path.name + suffix)
            if damaged.exists():
                damaged.rename(path.with_name(kept_as + suffix))
    except OSError as os_error:
        raise OutboxError(
            f"outbox {path} is damaged and cannot be renamed: {os_error.strerror}; move it away"
        ) from os_error
    reason = str(error.__cause__ or error)
    log.error("outbox.damaged", extra={"path": str(path), "reason": reason, "kept_as": kept_as})


def _remove_empty(path: Path) -> None:
    """Remove the empty file that a failed start has just created."""
    with suppress(OSError):
        if path.stat().st_size == 0:
            path.unlink()
