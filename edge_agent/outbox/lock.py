"""One process at a time: a lock on a file beside the outbox, held as long as the outbox is open."""

import errno
import fcntl
import os
from pathlib import Path
from typing import IO

from edge_agent.outbox.errors import OutboxError, outbox_error_from_os
from edge_agent.private_files import create_private_folder, open_private_file, refuse_special_file


def acquire_lock(path: Path) -> IO[bytes]:
    """Nobody else's from now on, until it is closed; OutboxError when it is somebody's."""
    try:
        refuse_special_file(path)
        create_private_folder(path.parent)
        lock = os.fdopen(open_private_file(_lock_of(path)), "r+b")
    except OSError as error:
        raise outbox_error_from_os(path, error) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise _lock_error(path, error) from error
    return lock


def _lock_of(path: Path) -> Path:
    if not path.name:
        raise OutboxError("the path of the outbox names no file: give --outbox the path of a file")
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
    """Whether an agent holds the lock at this moment; nothing is created."""
    try:
        with _lock_of(path).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    except OSError as error:
        raise outbox_error_from_os(path, error) from error
    return False
