"""The files of a folder and their content, to show that nothing was changed."""

import hashlib
from pathlib import Path


def content(folder: Path) -> dict[str, str]:
    """The digest of every file of a folder, without the lock file and the index of the log."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.suffix not in (".lock", ".sqlite3-shm")
    }
