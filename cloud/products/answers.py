"""Rows of a result as people ask for them: filtered, searched, ordered, a page at a time.

The newest snapshot is read; the answer says of when it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from cloud.database import reading
from cloud.lake.engine import open_duckdb
from cloud.lake.file_checks import require_readable
from cloud.lake.lake import Lake
from cloud.lake.manifest import Snapshot, read_files, read_snapshots
from cloud.lake.reader import create_view
from cloud.lake.trusted.rules import quote
from cloud.products.definitions.product import DataProduct, ShownTable
from cloud.suggestions import unknown_word


class TableQueryError(ValueError):
    """The question names a column that cannot be filtered or ordered by."""


@dataclass(frozen=True, slots=True)
class TableQuery:
    """What is asked of a table; without an order its usual one applies."""

    filters: tuple[tuple[str, str], ...] = ()
    search: str | None = None
    order: tuple[str, ...] = ()
    limit: int = 100
    offset: int = 0


@dataclass(frozen=True, slots=True)
class TablePage:
    """Some rows, how many there are, and when they were computed; None: never yet."""

    rows: Sequence[Sequence[Any]]
    total: int
    computed_at: datetime | None


def read_page(lake: Lake, product: DataProduct, shown: ShownTable, query: TableQuery) -> TablePage:
    """One page of a result.

    Raises:
        TableQueryError: a column is not known, or is none of the filters.
        DamagedFileError: a file cannot be read.
    """
    declared = product.tables[f"curated.{shown.table}"]
    _check(shown, query)
    with reading(lake.engine) as connection:
        files = read_files(connection, declared.table.full_name)
        snapshots: list[Snapshot] = read_snapshots(connection, declared.table.full_name)
    if not snapshots:
        return TablePage([], 0, None)
    require_readable(lake.storage, declared.table, files)
    with open_duckdb() as connection:
        create_view(connection, lake.storage, declared.table, files, name="shown")
        rows, total = _select(connection, shown, query)
    return TablePage(rows, total, snapshots[-1].committed_at)


def _select(
    connection: duckdb.DuckDBPyConnection, shown: ShownTable, query: TableQuery
) -> tuple[list[tuple[Any, ...]], int]:
    columns = ", ".join(column.name for column in shown.columns)
    where = _where(shown, query)
    ordered = [
        f"{name.removeprefix('-')} {'DESC' if name.startswith('-') else 'ASC'} NULLS LAST"
        for name in query.order or shown.order
    ]
    order = f"ORDER BY {', '.join(ordered) or 'ALL'}"
    ((total,),) = connection.execute(
        f"SELECT count(*) FROM shown {where}"  # noqa: S608
    ).fetchall()
    rows = connection.execute(
        f"SELECT {columns} FROM shown {where} {order} "  # noqa: S608
        f"LIMIT {query.limit} OFFSET {query.offset}"
    ).fetchall()
    return rows, total


def _where(shown: ShownTable, query: TableQuery) -> str:
    conditions = [f"CAST({name} AS VARCHAR) = {quote(value)}" for name, value in query.filters]
    if query.search:
        found = " OR ".join(
            f"contains(lower(CAST({name} AS VARCHAR)), {quote(query.search.lower())})"
            for name in shown.search
        )
        conditions.append(f"({found or 'false'})")
    return f"WHERE {' AND '.join(conditions)}" if conditions else ""


def _check(shown: ShownTable, query: TableQuery) -> None:
    for name, _ in query.filters:
        if name not in shown.filters:
            raise TableQueryError(unknown_word("filter", name, shown.filters))
    columns = [column.name for column in shown.columns]
    for name in query.order:
        if name.removeprefix("-") not in columns:
            raise TableQueryError(unknown_word("order", name, columns))
