"""Read-only SQL over snapshots of the lake, for analysts.

DuckDB sees the files of the manifest as Arrow datasets and may open nothing else: a statement can
neither read nor write a file, load an extension, or change these settings.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import duckdb

from cloud.database import reading
from cloud.lake.engine import open_duckdb
from cloud.lake.lake import Lake
from cloud.lake.manifest import read_files
from cloud.lake.reader import to_dataset
from cloud.lake.registry import TABLES

FILE_ERRORS: Final = ("FileNotFoundError", "IOError", "ArrowInvalid", "Parquet")
"""Words in DuckDB's message when an Arrow dataset cannot read a file."""


class QueryError(ValueError):
    """A statement that cannot be carried out."""


@dataclass(frozen=True, slots=True)
class QueryResult:
    """The first rows of a result, and whether there are more."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]
    is_complete: bool


def run_query(
    lake: Lake, sql: str, *, at: Mapping[str, int] | None = None, limit: int = 1_000
) -> QueryResult:
    """Run one statement over the views `zone_table`, such as `raw_audience_reports`.

    Args:
        lake: the lake.
        sql: one statement of DuckDB's SQL.
        at: snapshot numbers by `zone.table`; tables that it does not name are read as they are now.
        limit: rows to return at most.

    Raises:
        QueryError: DuckDB refuses the statement, with its reason.
        UnknownSnapshotError: a table has no such snapshot.
    """
    with open_views(lake, at or {}) as connection:
        try:
            result = connection.execute(sql)
            if result is None:
                raise QueryError("the statement is empty")
            rows = result.fetchmany(limit + 1)
        except duckdb.Error as error:
            raise QueryError(_describe(error)) from error
        columns = tuple(column[0] for column in result.description or ())
    return QueryResult(columns, rows[:limit], len(rows) <= limit)


def _describe(error: duckdb.Error) -> str:
    sentence = str(error).strip()
    is_of_file = any(words in sentence for words in FILE_ERRORS)
    hint = "; `python -m cloud lake verify` lists damaged files" if is_of_file else ""
    return f"{sentence}{hint}"


@contextmanager
def open_views(lake: Lake, at: Mapping[str, int]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB in memory with a view of every table, and no access to anything else."""
    with reading(lake.engine) as manifest:
        views = {
            f"{table.zone}_{table.name}": to_dataset(
                lake.storage,
                table,
                read_files(manifest, table.full_name, at=at.get(table.full_name)),
            )
            for table in TABLES
        }
    with open_duckdb() as connection:
        for name, dataset in views.items():
            connection.register(name, dataset)
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection
