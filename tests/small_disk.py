"""A small real file system that fills up, empties, and turns read-only: a tmpfs of its own."""

import errno
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

import pytest

MEBIBYTE = 1024 * 1024


class SmallDisk:
    """A mounted tmpfs of a few megabytes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Write until nothing more fits."""
        with self._ballast.open("ab", buffering=0) as file:
            for size in (64 * 1024, 4096, 256, 1):
                while _fits(file, size):
                    pass

    def empty(self) -> None:
        """Give the space back."""
        self._ballast.unlink(missing_ok=True)

    def remount(self, mode: str) -> None:
        """`ro` or `rw`; refused while a file is open for writing."""
        _run("mount", "-o", f"remount,{mode}", str(self.folder))


@contextmanager
def small_disk(folder: Path, *, size_bytes: int = 4 * MEBIBYTE) -> Iterator[SmallDisk]:
    """Mount it; a machine on which that is not allowed fails the test with a sentence."""
    folder.mkdir()
    try:
        _run("mount", "-t", "tmpfs", "-o", f"size={size_bytes},mode=0777", "tmpfs", str(folder))
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", None) or error
        pytest.fail(f"this test mounts a small tmpfs, which needs root and CAP_SYS_ADMIN: {said}")
    try:
        yield SmallDisk(folder)
    finally:
        _run("umount", "-l", str(folder))


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True, text=True)


def _fits(file: FileIO, size: int) -> bool:
    try:
        file.write(b"x" * size)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False
    return True
