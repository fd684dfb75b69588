"""An in-memory DuckDB with limits on memory and disk."""

import atexit
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from cloud.lake.spill import create_spill_folder
from cloud.lake.writer import ROW_GROUP_ROWS

MEMORY_LIMIT: Final = "1GB"
"""Enough to check or group a day of 10,000 cameras; what exceeds it is written to the disk."""
TEMP_LIMIT: Final = "20GB"
"""Without a limit a query that does not fit fills the disk."""
THREADS: Final = 4


@contextmanager
def open_duckdb() -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB in UTC; what exceeds its memory limit is in a folder that is deleted."""
    with create_spill_folder() as folder, duckdb.connect(config=_configure(folder)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def open_read_only() -> duckdb.DuckDBPyConnection:
    """An empty read-only DuckDB in UTC without access to files; its settings are locked.

    A cursor of it can have temporary views and tables, which other cursors do not see.
    """
    stack = ExitStack()
    atexit.register(stack.close)
    folder = stack.enter_context(create_spill_folder())
    path = folder / "empty.db"
    duckdb.connect(path).close()
    connection = duckdb.connect(path, read_only=True, config=_configure(folder))
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def read_batches(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[pa.RecordBatch]:
    """The rows of a query in batches of a row group; the query runs when the first is taken."""
    yield from connection.sql(query).to_arrow_reader(ROW_GROUP_ROWS)


def _configure(folder: Path) -> dict[str, str | bool | int | float | list[str]]:
    return {
        "memory_limit": MEMORY_LIMIT,
        "max_temp_directory_size": TEMP_LIMIT,
        "temp_directory": str(folder / "spill"),
        "threads": THREADS,
    }
