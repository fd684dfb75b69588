"""Checks whether an agent could start with an outbox, without writing or creating a file."""

import errno
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from edge_agent.outbox.database import check_tables
from edge_agent.outbox.errors import OutboxError, outbox_error_from_os, outbox_error_from_sqlite
from edge_agent.outbox.lock import is_in_use
from edge_agent.private_files import refuse_special_file

LOG_SUFFIX: Final = "-wal"


def inspect_outbox(path: Path) -> int | None:
    """Number of pending reports, None while an agent uses the file; writes and creates nothing.

    Raises OutboxError when an agent could not start with the file.
    """
    try:
        refuse_special_file(path)
    except OSError as error:
        raise outbox_error_from_os(path, error) from error
    if not path.exists():
        _check_folder(path)
        return 0
    if is_in_use(path):
        return None
    _check_folder(path)
    if not os.access(path, os.R_OK | os.W_OK):
        raise outbox_error_from_os(path, PermissionError(errno.EACCES, "Permission denied"))
    return _count_pending(path)


def _count_pending(path: Path) -> int:
    try:
        with closing(_open_read_only(path)) as database:
            tables = check_tables(path, database)
            if "report" not in tables:
                return 0
            return int(database.execute("SELECT count(*) FROM report").fetchone()[0])
    except sqlite3.Error as error:
        raise outbox_error_from_sqlite(path, error) from error


def _open_read_only(path: Path) -> sqlite3.Connection:
    """Open the database in place, without writing to it, its write-ahead log or its folder.

    Without a write-ahead log SQLite may treat the file as immutable. A log that a killed agent left
    is read too. In exclusive mode SQLite keeps the index of the log in memory instead of creating
    `-shm`. Exclusive mode needs a write lock, which a read-only file cannot have, so file locks are
    off (`unix-none`). No agent is running: its lock was free.
    """
    log_file = path.with_name(path.name + LOG_SUFFIX)
    has_log = log_file.exists() and log_file.stat().st_size > 0
    mode = "mode=ro&vfs=unix-none" if has_log else "mode=ro&immutable=1"
    database = sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True, isolation_level=None)
    if has_log:
        try:
            database.execute("PRAGMA locking_mode = EXCLUSIVE")
        except BaseException:
            database.close()
            raise
    return database


def _check_folder(path: Path) -> None:
    """OutboxError unless files can be created where the outbox lies or will lie."""
    if path.is_symlink():
        raise OutboxError(f"outbox {path} is a link to a missing file: remove or correct the link")
    folder = next(one for one in path.absolute().parents if one.exists())
    if not folder.is_dir():
        raise outbox_error_from_os(
            path, NotADirectoryError(errno.ENOTDIR, f"{folder} is no folder")
        )
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        raise outbox_error_from_os(path, OSError(errno.EROFS, "read-only file system"))
    if not os.access(folder, os.W_OK | os.X_OK):
        raise outbox_error_from_os(
            path, PermissionError(errno.EACCES, f"{folder}: permission denied")
        )
