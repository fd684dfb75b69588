"""One process at a time works in a folder: a lock that the kernel releases with the process.

The lock file stays; only the lock on it counts, so a process that was killed leaves nothing behind.
"""

import fcntl
import os
from pathlib import Path


class FolderLockedError(RuntimeError):
    """Another process works in the folder."""


class FolderLock:
    """The lock of one role in one folder; `take` refuses at once when somebody has it."""

    def __init__(self, folder: Path, role: str) -> None:
        self._path = folder / f".{role.replace(' ', '-')}.lock"
        self._folder = folder
        self._role = role
        self._descriptor: int | None = None

    def take(self) -> None:
        """Lock the folder, which is made when it is missing, or raise FolderLockedError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip()
            os.close(descriptor)
            raise FolderLockedError(
                f"another {self._role} (process {holder or 'unknown'}) works in {self._folder}: "
                "end it first, or give this one a folder of its own"
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Unlock the folder; releasing it twice changes nothing."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
