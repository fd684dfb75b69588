"""Creates files and folders that only the user of the agent can read: modes 0600 and 0700.

Existing folders keep their mode, because other programs may share them. Existing files lose the
rights of others when they are opened, where this user owns them.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

PRIVATE_FILE: Final = 0o600
PRIVATE_FOLDER: Final = 0o700


def create_private_folder(path: Path) -> None:
    """Create a folder and its missing parents with mode 0700; OSError when that is not possible."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        with suppress(FileExistsError):  # another process created it first
            folder.mkdir(mode=PRIVATE_FOLDER)
    if not path.is_dir():
        raise NotADirectoryError(f"{path} is not a folder")


def open_private_file(path: Path, flags: int = os.O_RDWR) -> int:
    """Open a file, created with mode 0600; an existing one loses the rights of others.

    The mode is right from the first byte, whatever the umask is. OSError when it fails, and for
    a device, pipe or socket: its mode concerns other programs.
    """
    refuse_special_file(path)
    descriptor = os.open(path, flags | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        restrict(path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def refuse_special_file(path: Path) -> None:
    """OSError where something other than a regular file or a folder exists at `path`."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise OSError(errno.EINVAL, "it is a device, pipe or socket, not a regular file")


def restrict(path: Path) -> None:
    """Remove the rights of group and others from an existing file or folder of this user.

    Nothing happens where the file is missing, special, of another user, or on a read-only file
    system.
    """
    with suppress(OSError):
        refuse_special_file(path)
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            path.chmod(mode & PRIVATE_FOLDER)


def restrict_folder(path: Path) -> None:
    """Remove the rights of others from a folder of the agent, and from its files."""
    with suppress(OSError):
        path.chmod(PRIVATE_FOLDER)
        for file in path.iterdir():
            restrict(file)


@contextmanager
def private_umask() -> Iterator[None]:
    """During the block, files that the process creates are readable by its user only."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)
