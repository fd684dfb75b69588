"""An in-memory DuckDB with limits on memory and disk."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb

MEMORY_LIMIT: Final = "1GB"
"""Enough to check or group a day of 10,000 cameras; what exceeds it is written to the disk."""
TEMP_LIMIT: Final = "20GB"
"""Without a limit a query that does not fit fills the disk."""
THREADS: Final = 4


@contextmanager
def open_duckdb() -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB in UTC; it creates its temporary folder when it has to, and deletes it."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY_LIMIT,
        "max_temp_directory_size": TEMP_LIMIT,
        "temp_directory": str(_temporary_folder()),
        "threads": THREADS,
    }
    with duckdb.connect(config=config) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def _temporary_folder() -> Path:
    return Path(os.environ.get("TMPDIR", "/var/tmp")) / f"onlooker-duckdb-{uuid.uuid4().hex}"  # noqa: S108
