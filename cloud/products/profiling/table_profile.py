"""Profile the current rows of a table: types, nulls, distinct values, histogram and outliers.

Values of pseudonyms are not shown, only counted. Outliers are numbers whose distance from the
median exceeds 3.5 robust standard deviations, MAD times 1.4826 (Iglewicz and Hoaglin, 1993); where
more than half of the values are equal the MAD is zero and there are none.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import duckdb
import pyarrow as pa

from cloud.database import reading
from cloud.lake.engine import open_duckdb
from cloud.lake.file_checks import require_readable
from cloud.lake.lake import Lake
from cloud.lake.manifest import read_files
from cloud.lake.reader import SQL_TYPES, create_view
from cloud.lake.tables import LakeTable

BINS: Final = 10
MOST_VALUES: Final = 10
"""Frequent values of a column of text that are shown."""
DEVIATIONS: Final = 3.5
NORMAL_MAD: Final = 1.4826
VIEW: Final = "profiled"


@dataclass(frozen=True, slots=True)
class ColumnOutliers:
    """Numbers outside of `least` to `most`, and how many there are."""

    least: float
    most: float
    count: int


@dataclass(frozen=True, slots=True)
class ProfiledColumn:
    """One column: `bins` are pairs of a value, or the lower end of an interval, and its rows."""

    name: str
    type: str
    nulls: int
    distinct: int
    least: Any = None
    most: Any = None
    bins: Sequence[tuple[Any, int]] = ()
    outliers: ColumnOutliers | None = None


@dataclass(frozen=True, slots=True)
class TableProfile:
    """All columns of a table without `day`."""

    table: LakeTable
    rows: int
    columns: Sequence[ProfiledColumn]


def profile_table(lake: Lake, table: LakeTable, *, hidden: Collection[str] = ()) -> TableProfile:
    """Profile the current rows; values of `hidden` columns are counted and not shown.

    Raises:
        DamagedFileError: a file of the table is damaged.
    """
    with reading(lake.engine) as connection:
        files = read_files(connection, table.full_name)
    require_readable(lake.storage, table, files)
    with open_duckdb() as duck:
        create_view(duck, lake.storage, table, files, name=VIEW)
        [(rows,)] = duck.execute(f"SELECT count(*) FROM {VIEW}").fetchall()  # noqa: S608
        columns = [_profile(duck, field, field.name in hidden) for field in table.schema]
    return TableProfile(table, rows, columns)


def _profile(duck: duckdb.DuckDBPyConnection, field: pa.Field, is_hidden: bool) -> ProfiledColumn:
    name = field.name
    [(nulls, distinct, least, most)] = duck.execute(
        f"SELECT count(*) - count({name}), count(DISTINCT {name}), min({name}), max({name}) "  # noqa: S608
        f"FROM {VIEW}"
    ).fetchall()
    if is_hidden:
        return ProfiledColumn(name, SQL_TYPES[field.type], nulls, distinct)
    is_number = pa.types.is_integer(field.type)
    bins = _count_intervals(duck, name, least, most) if is_number else _count_values(duck, name)
    outliers = _find_outliers(duck, name) if is_number else None
    return ProfiledColumn(
        name, SQL_TYPES[field.type], nulls, distinct, least, most, bins, outliers
    )  # fmt: skip


def _count_values(duck: duckdb.DuckDBPyConnection, name: str) -> list[tuple[Any, int]]:
    """The most frequent values."""
    return duck.execute(
        f"SELECT {name}, count(*) FROM {VIEW} WHERE {name} IS NOT NULL "  # noqa: S608
        f"GROUP BY {name} ORDER BY count(*) DESC, {name} LIMIT {MOST_VALUES}"
    ).fetchall()


def _count_intervals(
    duck: duckdb.DuckDBPyConnection, name: str, least: int | None, most: int | None
) -> list[tuple[Any, int]]:
    """Rows in intervals of equal width from the smallest to the greatest number."""
    if least is None or most is None:
        return []
    width = max((most - least + BINS) // BINS, 1)
    rows = duck.execute(
        f"SELECT {least} + {width} * (({name} - {least}) // {width}) AS starts, count(*) "  # noqa: S608
        f"FROM {VIEW} WHERE {name} IS NOT NULL GROUP BY starts"
    ).fetchall()
    counts = dict(rows)
    starts = range(least, most + 1, width)
    return [(start, counts.get(start, 0)) for start in starts]


def _find_outliers(duck: duckdb.DuckDBPyConnection, name: str) -> ColumnOutliers | None:
    [(centre, deviation)] = duck.execute(
        f"SELECT median({name}), mad({name}) FROM {VIEW}"  # noqa: S608
    ).fetchall()
    if not deviation:
        return None
    reach = DEVIATIONS * NORMAL_MAD * deviation
    least, most = centre - reach, centre + reach
    [(count,)] = duck.execute(
        f"SELECT count(*) FROM {VIEW} WHERE {name} < ? OR {name} > ?",  # noqa: S608
        [least, most],
    ).fetchall()
    return ColumnOutliers(least, most, count)
