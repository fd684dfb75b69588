"""The profile of one day of a table, computed with DuckDB: two passes over its files.

The distinct values of a large day are an estimate (HyperLogLog), so that memory stays bounded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import duckdb
import pyarrow as pa

from cloud.lake.manifest import DataFile
from cloud.lake.reader import create_view
from cloud.lake.storage import Storage
from cloud.lake.tables import TIMESTAMP, LakeColumn, LakeTable

EXACT_ROWS: Final = 200_000
"""Up to here distinct values are counted: some 1 s for the 60 columns of the reports."""
BUCKETS: Final = 12
MAX_VALUES: Final = 20
"""A text column with at most so many values has one bar for each."""
SHOWN_CHARACTERS: Final = 48
VIEW: Final = "profiled"
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
READ_ERRORS: Final = (duckdb.Error, OSError, pa.ArrowException)
"""A file that is damaged or missing."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """Rows with one value, or with a value in a range."""

    label: str
    rows: int


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column; `least` and `greatest` are None where all values are null."""

    nulls: int
    distinct: int
    least: str | None
    greatest: str | None
    buckets: tuple[Bucket, ...]


@dataclass(frozen=True, slots=True)
class TableProfile:
    """The columns of a day, in the table's order."""

    rows: int
    is_exact: bool
    columns: tuple[ColumnProfile, ...]


@dataclass(frozen=True, slots=True)
class _Range:
    nulls: int
    distinct: int
    least: Any
    greatest: Any


def compute_profile(
    connection: duckdb.DuckDBPyConnection,
    storage: Storage,
    table: LakeTable,
    files: Sequence[DataFile],
) -> TableProfile:
    """The profile of the rows of these files; raises one of READ_ERRORS for a damaged file."""
    create_view(connection, storage, table, files, name=VIEW)
    rows = sum(file.rows for file in files)
    is_exact = rows <= EXACT_ROWS
    ranges = _read_ranges(connection, table.columns, is_exact)
    buckets = _read_buckets(connection, table.columns, ranges)
    columns = tuple(
        ColumnProfile(
            found.nulls,
            found.distinct,
            show(found.least),
            show(found.greatest),
            buckets.get(column.name, ()),
        )
        for column, found in zip(table.columns, ranges, strict=True)
    )
    return TableProfile(rows, is_exact, columns)


def show(value: Any) -> str | None:
    """A value as the pages have it; long text is cut."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(" ", "seconds").removesuffix("+00:00")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"{value:,}"
    shown = str(value)
    return shown if len(shown) <= SHOWN_CHARACTERS else f"{shown[:SHOWN_CHARACTERS]}…"


def _read_ranges(
    connection: duckdb.DuckDBPyConnection, columns: Sequence[LakeColumn], is_exact: bool
) -> list[_Range]:
    distinct = "count(DISTINCT {0})" if is_exact else "approx_count_distinct({0})"
    figures = ", ".join(
        f"count(*) - count({name}), {distinct.format(name)}, min({name}), max({name})"
        for name in (column.name for column in columns)
    )
    row = connection.execute(f"SELECT {figures} FROM {VIEW}").fetchone()  # noqa: S608
    assert row is not None
    return [_Range(*row[at : at + 4]) for at in range(0, len(row), 4)]


def _read_buckets(
    connection: duckdb.DuckDBPyConnection, columns: Sequence[LakeColumn], ranges: Sequence[_Range]
) -> dict[str, tuple[Bucket, ...]]:
    chosen = [
        (column, found, expression)
        for column, found in zip(columns, ranges, strict=True)
        if found.least is not None and (expression := _to_bucket(column, found)) is not None
    ]
    if not chosen:
        return {}
    figures = ", ".join(f"histogram({expression})" for _, _, expression in chosen)
    row = connection.execute(f"SELECT {figures} FROM {VIEW}").fetchone()  # noqa: S608
    assert row is not None
    return {
        column.name: _label(column, found, counts)
        for (column, found, _), counts in zip(chosen, row, strict=True)
    }


def _to_bucket(column: LakeColumn, found: _Range) -> str | None:
    """SQL of the bucket's number, or the value itself; None for text of many values."""
    if not _is_continuous(column):
        return column.name if found.distinct <= MAX_VALUES else None
    least, width = _to_number(found.least), _width(found)
    return f"CAST(floor((CAST({_as_number(column)} AS HUGEINT) - ({least})) // {width}) AS INTEGER)"


def _label(column: LakeColumn, found: _Range, counts: dict[Any, int]) -> tuple[Bucket, ...]:
    if not _is_continuous(column):
        ordered = sorted(counts.items(), key=lambda one: (-one[1], str(one[0])))
        return tuple(Bucket(show(value) or "", rows) for value, rows in ordered)
    width, least = _width(found), _to_number(found.least)
    number = (_to_number(found.greatest) - least) // width + 1
    buckets = []
    for at in range(number):
        first = show(_from_number(found.least, least + at * width))
        last = show(_from_number(found.least, least + (at + 1) * width - 1))
        buckets.append(Bucket(f"{first} to {last}" if width > 1 else f"{first}", counts.get(at, 0)))
    return tuple(buckets)


def _is_continuous(column: LakeColumn) -> bool:
    return column.type in (pa.int64(), pa.date32(), TIMESTAMP)


def _as_number(column: LakeColumn) -> str:
    if column.type == TIMESTAMP:
        return f"epoch_us({column.name})"
    if column.type == pa.date32():
        return f"date_diff('day', DATE '1970-01-01', {column.name})"
    return column.name


def _to_number(value: Any) -> int:
    if isinstance(value, datetime):
        return (value - EPOCH) // timedelta(microseconds=1)
    if isinstance(value, date):
        return (value - EPOCH.date()).days
    return int(value)


def _from_number(like: Any, number: int) -> Any:
    """The inverse of `_to_number`, for a value of the type of `like`."""
    if isinstance(like, datetime):
        return EPOCH + timedelta(microseconds=number)
    if isinstance(like, date):
        return EPOCH.date() + timedelta(days=number)
    return number


def _width(found: _Range) -> int:
    """Whole numbers in a bucket, so that at most BUCKETS hold the range."""
    span = _to_number(found.greatest) - _to_number(found.least) + 1
    return -(-span // BUCKETS)
