"""Build the marts of changed days from the trusted zone, one day in memory at a time.

A day is replaced in one transaction, together with the proof that no other program has moved the
position meanwhile; the position moves with the last day. A run that is interrupted is repeated
from its first day, with the same rows. A day that was built before it ended is built again, since
its expected time has grown. A day without trusted and raw files keeps its rows: retention has
deleted its reports.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import pyarrow as pa
from sqlalchemy import Connection

from cloud.database import reading, writing
from cloud.lake.curated.audience import AUDIENCE_DEMOGRAPHICS_HOURLY, AUDIENCE_METRICS
from cloud.lake.lake import Lake
from cloud.lake.manifest import (
    DataFile,
    Operation,
    commit,
    read_changed_days,
    read_current,
    read_files,
    read_position,
    read_snapshots,
    write_position,
)
from cloud.lake.raw.audience import RAW_DEMOGRAPHICS, RAW_REPORTS
from cloud.lake.tables import LakeTable, Zone
from cloud.lake.trusted.tables import TRUSTED_TABLES
from cloud.lake.writer import write_days
from cloud.marts.dimensions import list_dates, list_location_hours
from cloud.marts.engine import LakeFiles, MartEngine, MartInputs, read_sql
from cloud.sites.sites import Sites

_TRUSTED: Final = {table.name: table for table in TRUSTED_TABLES}
TRUSTED_REPORTS: Final = _TRUSTED[RAW_REPORTS.name]
SOURCES: Final = (TRUSTED_REPORTS, _TRUSTED[RAW_DEMOGRAPHICS.name])
DAILY_MARTS: Final = (AUDIENCE_DEMOGRAPHICS_HOURLY, AUDIENCE_METRICS)
"""In the order of their names: transactions lock them in the same order."""
POSITIONS_OF: Final = AUDIENCE_METRICS.full_name


@dataclass(frozen=True, slots=True)
class BuiltDay:
    """One day that was replaced: the rows of each mart."""

    day: date
    rows: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Progress:
    """Snapshots of the sources: up to where days are built, and those that are built now."""

    done: Mapping[str, int]
    target: Mapping[str, int]


def build_changed_days(
    lake: Lake, engine: MartEngine, sites: Sites, *, now: datetime
) -> Iterator[BuiltDay]:
    """Build every day whose trusted rows changed since the last run, oldest first.

    Raises:
        LakeConflictError: another program builds the marts at the same time.
    """
    with reading(lake.engine) as connection:
        progress = _read_progress(connection)
        days = _list_days(connection, progress)
    for day in days:
        yield _build_day(lake, engine, sites, day, progress, now)
    if progress.done != progress.target:
        with writing(lake.engine) as connection:
            _write_progress(connection, progress.done, progress.target)


def build_days(
    lake: Lake, engine: MartEngine, sites: Sites, days: list[date], *, now: datetime
) -> Iterator[BuiltDay]:
    """Build these days anew, such as after a change of the sites file; the position stays."""
    with reading(lake.engine) as connection:
        progress = _read_progress(connection)
    for day in sorted(days):
        yield _build_day(lake, engine, sites, day, progress, now)


def compute_day(engine: MartEngine, mart: LakeTable, inputs: MartInputs) -> pa.Table:
    """The rows of one mart, with `day`."""
    return engine.run(read_sql(mart.name), inputs, mart)


def _read_progress(connection: Connection) -> _Progress:
    names = [table.full_name for table in SOURCES]
    return _Progress(
        {name: read_position(connection, POSITIONS_OF, name) for name in names},
        {name: read_current(connection, name) for name in names},
    )


def _list_days(connection: Connection, progress: _Progress) -> list[date]:
    days: set[date] = set()
    for name, until in progress.target.items():
        days.update(read_changed_days(connection, name, after=progress.done[name], until=until))
    return sorted(days | _list_unfinished_days(connection))


def _list_unfinished_days(connection: Connection) -> set[date]:
    """Days of the mart that had not ended at its last commit."""
    snapshots = read_snapshots(connection, AUDIENCE_METRICS.full_name)
    if not snapshots:
        return set()
    last = snapshots[-1].committed_at.date()
    files = read_files(connection, AUDIENCE_METRICS.full_name)
    return {file.day for file in files if file.day >= last}


def _build_day(
    lake: Lake, engine: MartEngine, sites: Sites, day: date, progress: _Progress, now: datetime
) -> BuiltDay:
    with reading(lake.engine) as connection:
        sources: dict[str, LakeFiles | pa.Table] = {
            f"{table.zone}_{table.name}": LakeFiles(
                lake.storage,
                table,
                read_files(
                    connection, table.full_name, at=progress.target[table.full_name], days=[day]
                ),
            )
            for table in SOURCES
        }
        is_raw = bool(read_files(connection, RAW_REPORTS.full_name, days=[day]))
    reports = sources[f"{Zone.TRUSTED}_{TRUSTED_REPORTS.name}"]
    assert isinstance(reports, LakeFiles)
    if not reports.files and not is_raw:
        return BuiltDay(day, {})
    inputs = sources | {
        "dim_date": list_dates(day, day),
        "location_hours": list_location_hours(sites, day, until=now),
    }
    written = {
        mart: list(write_days(lake.storage, mart, compute_day(engine, mart, inputs)))
        for mart in DAILY_MARTS
    }
    with writing(lake.engine) as connection:
        _write_progress(connection, progress.done, progress.done)
        for mart, files in written.items():
            replace_day(connection, mart, day, files, now=now)
    return BuiltDay(
        day, {mart.name: sum(file.rows for file in files) for mart, files in written.items()}
    )


def replace_day(
    connection: Connection, mart: LakeTable, day: date, files: list[DataFile], *, now: datetime
) -> None:
    """Replace a day's files within a transaction that holds the lock of the position."""
    removed = read_files(connection, mart.full_name, days=[day])
    commit(connection, mart.full_name, Operation.REPLACE, added=files, removed=removed, now=now)


def _write_progress(
    connection: Connection, before: Mapping[str, int], after: Mapping[str, int]
) -> None:
    """Move the positions, or confirm them; other builders wait until the transaction ends."""
    for name, position in after.items():
        write_position(connection, POSITIONS_OF, name, position, before=before[name])
