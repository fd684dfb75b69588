"""Output files of commands: whole under their name, or absent.

A command that fails half-way leaves the earlier file, if there was one, and no part of a new one.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def write_whole_file(path: Path, *, must_be_new: bool = False) -> Iterator[BinaryIO]:
    """A file to write to, which gets its name when the block ends without an exception.

    It is readable for its owner only where it must be new, else as the user's mask allows. What is
    no file, such as `/dev/stdout`, is written to as it is.

    Raises:
        OSError: it cannot be written; FileExistsError where it must be new and is not.
    """
    path = path.resolve()
    if path.exists() and not path.is_file():
        with path.open("wb") as device:
            yield device
        return
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        if must_be_new:
            path.hardlink_to(draft)  # fails where the name is taken
            return
        draft.chmod(0o666 & ~_read_mask())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _read_mask() -> int:
    """The user's mask, which can be read only by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
