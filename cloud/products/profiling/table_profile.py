"""Profile the current rows of a table: types, nulls, distinct values, histogram and outliers.

Values of pseudonyms are not shown, only counted. Outliers are numbers whose distance from the
median exceeds 3.5 robust standard deviations, MAD times 1.4826 (Iglewicz and Hoaglin, 1993); where
more than half of the values are equal the MAD is zero and there are none.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import duckdb
import pyarrow as pa

from cloud.database import reading
from cloud.lake.catalogue.column_profile import VIEW, ColumnProfile, compute_profile
from cloud.lake.engine import open_duckdb
from cloud.lake.file_checks import require_readable
from cloud.lake.lake import Lake
from cloud.lake.manifest import read_files
from cloud.lake.reader import SQL_TYPES
from cloud.lake.tables import LakeColumn, LakeTable

DEVIATIONS: Final = 3.5
NORMAL_MAD: Final = 1.4826


@dataclass(frozen=True, slots=True)
class UsualNumbers:
    """The usual range of a column of numbers, and how many of them are outside."""

    least: float
    most: float
    outliers: int


@dataclass(frozen=True, slots=True)
class ProfiledColumn:
    """One column; `smallest` and `usual` are those of numbers, None where most values are equal."""

    name: str
    type: str
    figures: ColumnProfile
    smallest: int | None = None
    usual: UsualNumbers | None = None


@dataclass(frozen=True, slots=True)
class ProfiledTable:
    """All columns of a table without `day`; distinct values of very many rows are estimates."""

    table: LakeTable
    rows: int
    is_exact: bool
    columns: Sequence[ProfiledColumn]


def profile_table(lake: Lake, table: LakeTable, *, hidden: Collection[str] = ()) -> ProfiledTable:
    """Profile the current rows; values of `hidden` columns are counted and not shown.

    Raises:
        DamagedFileError: a file of the table is damaged.
    """
    with reading(lake.engine) as connection:
        files = read_files(connection, table.full_name)
    require_readable(lake.storage, table, files)
    with open_duckdb() as duck:
        found = compute_profile(duck, lake.storage, table, files)
        columns = [
            _hide(column, figures) if column.name in hidden else _describe(duck, column, figures)
            for column, figures in zip(table.columns, found.columns, strict=True)
        ]
    return ProfiledTable(table, found.rows, found.is_exact, columns)


def _hide(column: LakeColumn, figures: ColumnProfile) -> ProfiledColumn:
    counts = ColumnProfile(figures.nulls, figures.distinct, None, None, ())
    return ProfiledColumn(column.name, SQL_TYPES[column.type], counts)


def _describe(
    duck: duckdb.DuckDBPyConnection, column: LakeColumn, figures: ColumnProfile
) -> ProfiledColumn:
    kind = SQL_TYPES[column.type]
    if column.type != pa.int64():
        return ProfiledColumn(column.name, kind, figures)
    [(smallest, centre, deviation)] = duck.execute(
        f"SELECT min({column.name}), median({column.name}), mad({column.name}) FROM {VIEW}"  # noqa: S608
    ).fetchall()
    if not deviation:
        return ProfiledColumn(column.name, kind, figures, smallest)
    reach = DEVIATIONS * NORMAL_MAD * deviation
    least, most = centre - reach, centre + reach
    [(outliers,)] = duck.execute(
        f"SELECT count(*) FROM {VIEW} WHERE {column.name} < ? OR {column.name} > ?",  # noqa: S608
        [least, most],
    ).fetchall()
    usual = UsualNumbers(least, most, outliers)
    return ProfiledColumn(column.name, kind, figures, smallest, usual)
