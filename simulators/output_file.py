"""Write an output file completely or not at all, also when Ctrl-C interrupts the program."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replace_file(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` to write to. It replaces `path` on success and is deleted on any
    exception, KeyboardInterrupt included.

    A device or a pipe (`/dev/null`, `/dev/stdout`) is written directly.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        yield target
        return
    partial = target.with_name(f"{target.stem}.partial{target.suffix}")
    try:
        yield partial
        partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
