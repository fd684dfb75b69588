"""Copy the marts from the lake to tables of the product's database, for BI tools.

Each changed day is replaced in one transaction, so a reader sees all of a day or its earlier rows.
The position in the lake moves with the last day: a run that is interrupted is repeated. A day with
a damaged file, or a row that breaks its contract, keeps its rows in the database; the position
stays, and the next run tries again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import pyarrow as pa
from sqlalchemy import Connection, Table, delete

from cloud.database import reading, writing
from cloud.lake.file_checks import find_refusal
from cloud.lake.lake import Lake
from cloud.lake.manifest import (
    DataFile,
    read_changed_days,
    read_current,
    read_files,
    read_position,
    write_position,
)
from cloud.lake.reader import to_dataset
from cloud.lake.tables import DAY, LakeTable
from cloud.marts.contract_checks import find_broken_rule
from cloud.marts.database_tables import PUBLISHED_MARTS, create_table, dim_date, dim_location
from cloud.marts.dimensions import DIM_DATE, list_dates, list_locations
from cloud.marts.profiles import PROFILE_MARTS
from cloud.sites.sites import Sites

BATCH_ROWS: Final = 5_000
"""Rows in memory as Python values at once."""


@dataclass(frozen=True, slots=True)
class StoppedDay:
    """A day of a mart that is not copied, and why."""

    table_name: str
    day: date
    stopped: str


@dataclass(frozen=True, slots=True)
class PublishedMart:
    """What changed in one table of the database, and the days that were left as they are."""

    table: str
    days: int
    rows: int
    stopped: Sequence[StoppedDay] = ()


def publish_marts(lake: Lake, sites: Sites) -> Iterator[PublishedMart]:
    """Copy the changed days of every mart, then the calendar and the locations.

    Raises:
        LakeConflictError: another program publishes at the same time.
    """
    for mart, table in PUBLISHED_MARTS.items():
        yield _publish_mart(lake, mart, table)
    with reading(lake.engine) as connection:
        days = [
            file.day for mart in PUBLISHED_MARTS for file in read_files(connection, mart.full_name)
        ]
    calendar = list_dates(min(days), max(days)) if days else DIM_DATE.empty_table()
    with writing(lake.engine) as connection:
        _replace_all(connection, dim_date, calendar)
        _replace_all(connection, dim_location, list_locations(sites))


def _publish_mart(lake: Lake, mart: LakeTable, table: Table) -> PublishedMart:
    source, target = mart.full_name, f"database.{table.name}"
    with writing(lake.engine) as connection:
        before = read_position(connection, target, source)
        if create_table(connection, table):
            write_position(connection, target, source, 0, before=before)
            before = 0
    with reading(lake.engine) as connection:
        newest = read_current(connection, source)
        days = read_changed_days(connection, source, after=before, until=newest)
        files = read_files(connection, source, at=newest, days=days)
    rows, stopped = 0, list[StoppedDay]()
    for together in _group_days(mart, days):
        of_days = [file for file in files if file.day in together]
        if reason := _find_refusal(lake, mart, of_days):
            stopped.append(StoppedDay(source, together[-1], reason))
            continue
        is_last = together[-1:] == days[-1:] and not stopped
        with writing(lake.engine) as connection:
            write_position(connection, target, source, newest if is_last else before, before=before)
            connection.execute(delete(table).where(table.c[DAY].in_(together)))
            rows += _insert(connection, lake, mart, table, of_days)
    return PublishedMart(table.name, len(days) - len(stopped), rows, tuple(stopped))


def _find_refusal(lake: Lake, mart: LakeTable, files: Sequence[DataFile]) -> str | None:
    """Why the rows are not copied: a damaged file, or a broken rule of their contract."""
    reason = find_refusal(lake.storage, mart, files)
    return reason or find_broken_rule(lake.storage, mart, files)


def _group_days(mart: LakeTable, days: Sequence[date]) -> list[Sequence[date]]:
    """Days of one transaction: one, but all days of the profiles, where one replaces another."""
    if not days:
        return [[]]
    return [days] if mart in PROFILE_MARTS else [[day] for day in days]


def _insert(
    connection: Connection, lake: Lake, mart: LakeTable, table: Table, files: list[DataFile]
) -> int:
    rows = 0
    for batch in to_dataset(lake.storage, mart, files).to_batches(batch_size=BATCH_ROWS):
        if batch.num_rows:
            connection.execute(table.insert(), batch.to_pylist())
            rows += batch.num_rows
    return rows


def _replace_all(connection: Connection, table: Table, rows: pa.Table) -> None:
    create_table(connection, table)
    connection.execute(delete(table))
    if len(rows):
        connection.execute(table.insert(), rows.to_pylist())
