"""A lock that lets one process at a time use a folder.

The kernel releases the lock when the process exits or is killed. The lock file remains; it is
locked only while a process holds it.
"""

import fcntl
import os
from pathlib import Path


class FolderLockedError(RuntimeError):
    """Another process uses the folder."""


class FolderLock:
    """The lock of one role in one folder; `take` does not wait."""

    def __init__(self, folder: Path, role: str) -> None:
        self._path = folder / f".{role.replace(' ', '-')}.lock"
        self._folder = folder
        self._role = role
        self._descriptor: int | None = None

    def take(self) -> None:
        """Create the folder if it is missing and lock it, or raise FolderLockedError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip()
            os.close(descriptor)
            raise FolderLockedError(
                f"another {self._role} (process {holder or 'unknown'}) uses {self._folder}: "
                "stop it first, or give another folder"
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Unlock the folder; releasing it twice changes nothing."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
