"""File lock beside the outbox: one process uses the outbox at a time."""

import errno
import fcntl
import os
from pathlib import Path
from typing import IO

from edge_agent.outbox.errors import OutboxError, outbox_error_from_os
from edge_agent.private_files import create_private_folder, open_private_file, refuse_special_file


def acquire_lock(path: Path) -> IO[bytes]:
    """Lock the outbox until the file is closed; OutboxError when another process holds it."""
    try:
        refuse_special_file(path)
        create_private_folder(path.parent)
        lock = os.fdopen(open_private_file(_lock_path(path)), "r+b")
    except OSError as error:
        raise outbox_error_from_os(path, error) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise _lock_error(path, error) from error
    return lock


def _lock_path(path: Path) -> Path:
    if not path.name:
        raise OutboxError("the outbox path names no file: give --outbox the path of a file")
    return path.with_name(path.name + ".lock")


def _lock_error(path: Path, error: OSError) -> OutboxError:
    if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
        return OutboxError(
            f"outbox {path} is in use by another agent; stop it, or give --outbox another path"
        )
    return OutboxError(
        f"outbox {path} cannot be locked: {error.strerror}; use a file system that can lock files"
    )


def is_in_use(path: Path) -> bool:
    """Whether an agent holds the lock now; creates nothing."""
    try:
        with _lock_path(path).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    except OSError as error:
        raise outbox_error_from_os(path, error) from error
    return False
