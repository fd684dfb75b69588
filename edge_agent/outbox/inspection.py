"""Whether an agent could start with an outbox, found out without writing or creating anything."""

import errno
import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from shutil import copyfile

from edge_agent.outbox.database import SUFFIXES, checked_tables
from edge_agent.outbox.errors import OutboxError, sqlite_trouble, unwritable
from edge_agent.outbox.lock import is_in_use
from edge_agent.private_files import refuse_special_file


def inspect(path: Path) -> int | None:
    """How many reports wait, None while an agent uses the file; nothing is written or created.

    OutboxError says why an agent could not start with it.
    """
    try:
        refuse_special_file(path)
    except OSError as error:
        raise unwritable(path, error) from error
    if not path.exists():
        _check_folder(path)
        return 0
    if is_in_use(path):
        return None
    _check_folder(path)
    if not os.access(path, os.R_OK | os.W_OK):
        raise unwritable(path, PermissionError(errno.EACCES, "Permission denied"))
    try:
        with tempfile.TemporaryDirectory(prefix="onlooker-check-") as folder:
            return _waiting(path, _copy(path, Path(folder)))
    except OSError as error:
        raise OutboxError(f"outbox {path} cannot be checked: {error.strerror or error}") from error


def _copy(path: Path, folder: Path) -> Path:
    """Base and log of a database that nobody writes to."""
    copy = folder / "copy.sqlite3"
    for suffix in SUFFIXES[:2]:
        source = path.with_name(path.name + suffix)
        if source.exists():
            copyfile(source, copy.with_name(copy.name + suffix))
    return copy


def _waiting(path: Path, copy: Path) -> int:
    try:
        with closing(sqlite3.connect(copy)) as database:
            tables = checked_tables(path, database)
            if "report" not in tables:
                return 0
            return int(database.execute("SELECT count(*) FROM report").fetchone()[0])
    except sqlite3.Error as error:
        raise sqlite_trouble(path, error) from error


def _check_folder(path: Path) -> None:
    """OutboxError unless files can be created where the outbox lies or will lie."""
    if path.is_symlink():
        raise OutboxError(f"outbox {path} is a link to a missing file: remove or correct the link")
    folder = next(one for one in path.absolute().parents if one.exists())
    if not folder.is_dir():
        raise unwritable(path, NotADirectoryError(errno.ENOTDIR, f"{folder} is no folder"))
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        raise unwritable(path, OSError(errno.EROFS, "read-only file system"))
    if not os.access(folder, os.W_OK | os.X_OK):
        raise unwritable(path, PermissionError(errno.EACCES, f"{folder}: permission denied"))
