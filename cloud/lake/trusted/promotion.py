"""Promote changed days from the raw to the trusted zone.

Each day is computed anew from all its raw rows and replaced in one transaction, with its
quarantine and the results of its rules. A day that cannot be promoted keeps the rows that it has;
the other days go on, and the next run tries it again. A day whose raw files were deleted by
retention keeps its rows as well. The positions move after the last day: a run that is interrupted
begins again, and finds the days that it completed unchanged.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import duckdb
import pyarrow as pa

from cloud.database import reading, writing
from cloud.lake.engine import open_duckdb, read_batches
from cloud.lake.lake import Lake
from cloud.lake.manifest import (
    read_changed_days,
    read_current,
    read_files,
    read_position,
    write_position,
)
from cloud.lake.replacement import DayRows, read_day_files, replace_day
from cloud.lake.trusted.contracted_tables import ContractedTable
from cloud.lake.trusted.day_check import CheckedDay, check_day, find_day_refusal
from cloud.lake.trusted.results import STOPPED, to_rows
from cloud.lake.trusted.tables import ROW_QUARANTINE, RULE_RESULTS
from cloud.lake.writer import sort_rows


@dataclass(frozen=True, slots=True)
class TableDay:
    """What became of one day of one table; `stopped` is the reason why it is not promoted."""

    table_name: str
    day: date
    promoted: int
    quarantined: int
    stopped: str | None = None


def promote_days(
    lake: Lake,
    tables: Sequence[ContractedTable],
    *,
    now: datetime,
    also: Collection[date] = (),
) -> Iterator[TableDay]:
    """Promote all days whose raw rows changed since the last run, and those that were stopped.

    Args:
        lake: the lake.
        tables: a table comes after its parent.
        now: the time of the commits.
        also: further days, which are computed from their present rows by the present contracts.

    Raises:
        LakeConflictError: another program promotes at the same time; run it again.
    """
    done, newest = _read_positions(lake, tables)
    days = _read_changed_days(lake, tables, done, newest) | read_stopped_days(lake) | set(also)
    if days:
        with open_duckdb() as connection:
            for day in sorted(days):
                yield from _promote_day(lake, connection, tables, day, now)
    _move_positions(lake, tables, done, newest)


def _read_positions(
    lake: Lake, tables: Sequence[ContractedTable]
) -> tuple[dict[str, int], dict[str, int]]:
    """By target: the raw snapshot that it is promoted up to, and the newest."""
    done, newest = {}, {}
    with reading(lake.engine) as connection:
        for one in tables:
            name, source = one.target.full_name, one.source.full_name
            done[name] = read_position(connection, name, source)
            newest[name] = read_current(connection, source)
    return done, newest


def _read_changed_days(
    lake: Lake,
    tables: Sequence[ContractedTable],
    done: Mapping[str, int],
    newest: Mapping[str, int],
) -> set[date]:
    with reading(lake.engine) as connection:
        return {
            day
            for one in tables
            for day in read_changed_days(
                connection,
                one.source.full_name,
                after=done[one.target.full_name],
                until=newest[one.target.full_name],
            )
        }


def read_stopped_days(lake: Lake) -> set[date]:
    """The days of which a table is not promoted; the manifest has the greatest outcome."""
    with reading(lake.engine) as connection:
        files = read_files(connection, RULE_RESULTS.full_name)
    return {file.day for file in files if file.bounds["outcome"][1] == STOPPED}


def _promote_day(
    lake: Lake,
    connection: duckdb.DuckDBPyConnection,
    tables: Sequence[ContractedTable],
    day: date,
    now: datetime,
) -> list[TableDay]:
    targets = [one.target for one in tables]
    before = read_day_files(lake, [*targets, ROW_QUARANTINE, RULE_RESULTS], day)
    with reading(lake.engine) as manifest:
        files = {
            one.source.full_name: read_files(manifest, one.source.full_name, days=[day])
            for one in tables
        }
    if not any(files.values()):
        return []  # deleted by retention
    checked: list[CheckedDay] = []
    for one in tables:
        stopped = {past.table.target.full_name for past in checked if past.stopped}
        refusal = find_day_refusal(lake, one, files, stopped)
        checked.append(refusal or check_day(lake, connection, one, files[one.source.full_name]))
    parts = [
        DayRows(
            one.table.target,
            read_batches(connection, one.split.good_query) if one.split.good else (),
        )
        for one in checked
        if one.split is not None and one.stopped is None
    ]
    results = to_rows([result for one in checked for result in one.results])
    parts += [
        DayRows(ROW_QUARANTINE, _read_quarantined(connection, checked)),
        DayRows(RULE_RESULTS, sort_rows(RULE_RESULTS, results)),
    ]
    replace_day(lake, day, parts, before=before, now=now)
    return [_summarise(one, day) for one in checked]


def _read_quarantined(
    connection: duckdb.DuckDBPyConnection, checked: Sequence[CheckedDay]
) -> Iterator[pa.RecordBatch]:
    queries = [one.split.quarantine_query for one in checked if one.split and one.split.failed]
    if queries:
        order = ", ".join(ROW_QUARANTINE.sort_by)
        yield from read_batches(connection, f"{' UNION ALL '.join(queries)} ORDER BY {order}")


def _summarise(one: CheckedDay, day: date) -> TableDay:
    good = one.split.good if one.split is not None and one.stopped is None else 0
    quarantined = one.split.quarantined if one.split is not None else 0
    return TableDay(one.table.target.full_name, day, good, quarantined, one.stopped)


def _move_positions(
    lake: Lake,
    tables: Sequence[ContractedTable],
    done: Mapping[str, int],
    newest: Mapping[str, int],
) -> None:
    with writing(lake.engine) as connection:
        for one in sorted(tables, key=lambda table: table.target.full_name):
            name = one.target.full_name
            if newest[name] != done[name]:
                write_position(
                    connection, name, one.source.full_name, newest[name], before=done[name]
                )
