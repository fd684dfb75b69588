"""Read-only SQL over snapshots of the lake, for analysts.

DuckDB sees the files of the manifest as Arrow datasets and may open nothing else: a statement can
neither read nor write a file, load an extension, or change these settings. Only the tables that
the statement names are looked up; all of them when it names none, such as `SHOW TABLES`.
"""

import os
import re
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, Final

import duckdb

from cloud.database import reading
from cloud.lake.engine import open_read_only
from cloud.lake.lake import Lake
from cloud.lake.manifest import read_files
from cloud.lake.reader import to_dataset
from cloud.lake.registry import all_tables
from cloud.lake.tables import LakeTable

FILE_ERRORS: Final = ("FileNotFoundError", "IOError", "ArrowInvalid", "Parquet")
"""Words in DuckDB's message when an Arrow dataset cannot read a file."""
LONGEST: Final = timedelta(minutes=10)
"""A sum over a year of 10,000 cameras takes some minutes; an endless recursion takes for ever."""


class QueryError(ValueError):
    """A statement that cannot be carried out."""


@dataclass(frozen=True, slots=True)
class QueryResult:
    """The first rows of a result, and whether there are more."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]
    is_complete: bool


def run_query(
    lake: Lake,
    sql: str,
    *,
    at: Mapping[str, int] | None = None,
    limit: int = 1_000,
    longest: timedelta = LONGEST,
) -> QueryResult:
    """Run one statement over the views `zone_table`, such as `raw_audience_reports`.

    Args:
        lake: the lake.
        sql: one statement of DuckDB's SQL.
        at: snapshot numbers by `zone.table`; tables that it does not name are read as they are now.
        limit: rows to return at most.
        longest: when the statement is interrupted.

    Raises:
        QueryError: DuckDB refuses the statement, with its reason, or it takes too long.
        UnknownSnapshotError: a table has no such snapshot.
    """
    with _open_database(os.getpid()).cursor() as connection:
        views = list_views()
        named = set(re.findall(r"\w+", sql.lower())) & views.keys()
        _register_views(lake, connection, named or views.keys(), at or {})
        interrupt = threading.Timer(longest.total_seconds(), connection.interrupt)
        try:
            interrupt.start()
            result = _execute(lake, connection, sql, at or {})
            if result is None:
                raise QueryError("the statement is empty")
            rows = result.fetchmany(limit + 1)
        except duckdb.InterruptException as error:
            raise QueryError(
                f"the statement took longer than {longest.total_seconds():.0f} seconds: read fewer "
                "days, or raise --seconds"
            ) from error
        except (duckdb.OutOfMemoryException, MemoryError) as error:
            raise QueryError(
                "the statement needs more memory than it may use: read fewer days or columns, or "
                f"build shorter texts ({str(error).strip().splitlines()[0]})"
            ) from error
        except duckdb.Error as error:
            raise QueryError(_describe(error)) from error
        finally:
            interrupt.cancel()
        columns = tuple(column[0] for column in result.description or ())
    return QueryResult(columns, rows[:limit], len(rows) <= limit)


def _describe(error: duckdb.Error) -> str:
    sentence = str(error).strip()
    is_of_file = any(words in sentence for words in FILE_ERRORS)
    hint = "; `python -m cloud lake verify` lists damaged files" if is_of_file else ""
    if isinstance(error, duckdb.CatalogException):
        hint = (
            "\nTables are named ZONE_TABLE, such as raw_audience_reports: "
            "`python -m cloud lake status` lists them"
        )
    return f"{sentence}{hint}"


@cache
def list_views() -> Mapping[str, LakeTable]:
    """The tables by the name that a statement reads them under."""
    return {f"{table.zone}_{table.name}": table for table in all_tables()}


@cache
def _open_database(process_id: int) -> duckdb.DuckDBPyConnection:
    """Opened once in a process: that takes longer than a small query."""
    return open_read_only()


def _execute(
    lake: Lake, connection: duckdb.DuckDBPyConnection, sql: str, at: Mapping[str, int]
) -> duckdb.DuckDBPyConnection | None:
    try:
        return connection.execute(sql)
    except duckdb.CatalogException:  # the statement may build the name of a table
        _register_views(lake, connection, list_views().keys(), at)
        return connection.execute(sql)


def _register_views(
    lake: Lake,
    connection: duckdb.DuckDBPyConnection,
    names: Collection[str],
    at: Mapping[str, int],
) -> None:
    with reading(lake.engine) as manifest:
        for name in names:
            table = list_views()[name]
            files = read_files(manifest, table.full_name, at=at.get(table.full_name))
            connection.register(name, to_dataset(lake.storage, table, files))
