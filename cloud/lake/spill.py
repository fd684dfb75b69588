"""Folders for what DuckDB writes beyond its memory limit.

A folder is deleted when the program ends, and that of a program that was killed by the next one: a
program holds a lock on a file in its folder, which the system releases when the program ends in any
way.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

PREFIX: Final = "onlooker-duckdb-"
LOCK: Final = "lock"


@contextmanager
def create_spill_folder(parent: Path | None = None) -> Iterator[Path]:
    """A new folder below `parent`, or below TMPDIR; abandoned ones there are deleted."""
    above = parent or Path(os.environ.get("TMPDIR", "/var/tmp"))  # noqa: S108
    delete_abandoned(above)
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=above, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with (folder / "new").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            (folder / "new").rename(folder / LOCK)  # never there without being locked
            yield folder


def delete_abandoned(parent: Path) -> int:
    """Delete the folders whose programs have ended; returns how many."""
    abandoned = [one for one in parent.glob(f"{PREFIX}*") if _is_abandoned(one / LOCK)]
    for folder in abandoned:
        shutil.rmtree(folder, ignore_errors=True)  # another program may delete it as well
    return len(abandoned)


def _is_abandoned(path: Path) -> bool:
    try:
        with path.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    except OSError:  # locked, not there yet, deleted meanwhile, or of another user
        return False
