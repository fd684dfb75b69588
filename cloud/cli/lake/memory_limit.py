"""A limit on the memory of this process, for what DuckDB's own limit does not count.

String functions of DuckDB allocate their results outside of its limit: `repeat` of one character
took 4 GB until it was interrupted. With a limit of the system the allocation fails, and so does the
statement. Linux counts private memory (RLIMIT_DATA); other systems may ignore the limit.
"""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

STATM: Final = Path("/proc/self/statm")
DATA_FIELD: Final = 5
"""Pages of data and stack in `statm`."""


@contextmanager
def limit_memory(further_bytes: int) -> Iterator[None]:
    """Let all threads of the process together allocate so much more, until the block ends."""
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    chosen = _read_used_bytes() + further_bytes
    if hard != resource.RLIM_INFINITY:
        chosen = min(chosen, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (chosen, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _read_used_bytes() -> int:
    if not STATM.exists():
        return 0
    return int(STATM.read_text().split()[DATA_FIELD]) * resource.getpagesize()
