"""Build the marts of changed days from the trusted zone, one day in memory at a time.

A day is built when its trusted rows have changed, when what it takes from the sites file or the SQL
has changed, and when its expected time had not ended; days that have not begun are built later. It
is replaced in one transaction, together with the proof that no other program has moved the position
meanwhile; the position moves with the last day. A run that is interrupted is repeated from its
first day, with the same rows. A day whose reports retention has deleted keeps its rows. A day that
never had a report is built when something was ordered. A day with a damaged file, or
with values whose sums do not fit, keeps its rows, and the next run tries it again.

The files of a day are checked while the day before it is computed, and a mart is written while the
next one is computed: at most one statement and one check run beside the writing of a mart.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection

from cloud.database import reading, writing
from cloud.lake.curated.audience import AUDIENCE_DEMOGRAPHICS_HOURLY, AUDIENCE_METRICS
from cloud.lake.curated.campaigns import CAMPAIGN_PERFORMANCE
from cloud.lake.file_checks import DamagedFileError
from cloud.lake.lake import Lake
from cloud.lake.manifest import (
    read_changed_days,
    read_current,
    read_files,
    read_position,
    write_position,
)
from cloud.lake.raw.audience import RAW_CREATIVES, RAW_DEMOGRAPHICS, RAW_REPORTS
from cloud.lake.raw.orders import RAW_ORDER_LINE_HOURS
from cloud.lake.replacement import DayFiles, DayRows, read_day_files, replace_day
from cloud.lake.tables import DAY, LakeTable
from cloud.lake.trusted.tables import TRUSTED_TABLES
from cloud.lake.writer import sort_rows
from cloud.marts.built_days import NOT_BUILT, read_built_days, write_built_day
from cloud.marts.engine import (
    UNUSABLE_INPUTS,
    LakeFiles,
    MartEngine,
    MartInputs,
    compute_mart,
    require_readable_inputs,
)
from cloud.marts.map_ahead import map_ahead
from cloud.marts.site_tables import SiteTables, end_of_day
from cloud.sites.sites import Sites

_TRUSTED: Final = {table.name: table for table in TRUSTED_TABLES}
TRUSTED_REPORTS: Final = _TRUSTED[RAW_REPORTS.name]
REPORTS: Final = (TRUSTED_REPORTS.full_name, RAW_REPORTS.full_name)
TRUSTED_ORDER_HOURS: Final = _TRUSTED[RAW_ORDER_LINE_HOURS.name]
TRUSTED_DEMOGRAPHICS: Final = _TRUSTED[RAW_DEMOGRAPHICS.name]
MART_SOURCES: Final = {
    AUDIENCE_DEMOGRAPHICS_HOURLY: (TRUSTED_REPORTS, TRUSTED_DEMOGRAPHICS),
    AUDIENCE_METRICS: (TRUSTED_REPORTS,),
    CAMPAIGN_PERFORMANCE: (TRUSTED_REPORTS, _TRUSTED[RAW_CREATIVES.name], TRUSTED_ORDER_HOURS),
}
"""What the SQL of each mart reads from the trusted zone."""
DAILY_MARTS: Final = tuple(MART_SOURCES)
SOURCES: Final = tuple(dict.fromkeys(table for read in MART_SOURCES.values() for table in read))
POSITIONS_OF: Final = AUDIENCE_METRICS.full_name
"""The table whose lock a builder takes first."""


@dataclass(frozen=True, slots=True)
class BuiltDay:
    """One day that was built: the rows of each mart; `stopped` is why it is left as it is."""

    day: date
    rows: Mapping[str, int]
    stopped: str | None = None
    table_name: str = AUDIENCE_METRICS.full_name


@dataclass(frozen=True, slots=True)
class _Progress:
    """Snapshots of the sources: up to where days are built, and those that are built now."""

    done: Mapping[str, int]
    target: Mapping[str, int]


def build_changed_days(
    lake: Lake, engine: MartEngine, sites: Sites, *, now: datetime
) -> Iterator[BuiltDay]:
    """Build every day whose trusted rows or other inputs changed since the last run, oldest first.

    Raises:
        LakeConflictError: another program builds the marts at the same time.
    """
    inputs = SiteTables(sites, DAILY_MARTS)
    with reading(lake.engine) as connection:
        progress = _read_progress(connection)
        deleted = _list_deleted_days(connection)
        days = _list_changed_days(connection, progress)
        days |= _list_outdated_days(connection, inputs, deleted)
    builder = _Builder(lake, engine, inputs, progress, deleted, now)
    yield from builder.build_all(sorted(day for day in days if day <= now.date()))
    if progress.done != progress.target:
        with writing(lake.engine) as connection:
            _write_progress(connection, progress.done, progress.target)


def build_days(
    lake: Lake, engine: MartEngine, sites: Sites, days: Collection[date], *, now: datetime
) -> Iterator[BuiltDay]:
    """Build these days whether or not they have changed; the position stays."""
    with reading(lake.engine) as connection:
        progress = _read_progress(connection)
        deleted = _list_deleted_days(connection)
    builder = _Builder(lake, engine, SiteTables(sites, DAILY_MARTS), progress, deleted, now)
    yield from builder.build_all(sorted(days))


@dataclass(frozen=True, slots=True)
class _ReadDay:
    """The files to be replaced and what the SQL reads; `refused` is why it cannot be read.

    A day without inputs keeps its rows.
    """

    day: date
    before: DayFiles
    inputs: MartInputs | None
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class _Builder:
    """One run: it builds one day after another."""

    lake: Lake
    engine: MartEngine
    inputs: SiteTables
    progress: _Progress
    deleted: Collection[date]
    now: datetime

    def build_all(self, days: Iterable[date]) -> Iterator[BuiltDay]:
        """Replace the rows of each day, unless its reports are deleted or it has no source."""
        return map(self._build, map_ahead(self._read, days))

    def _read(self, day: date) -> _ReadDay:
        before = read_day_files(self.lake, DAILY_MARTS, day)
        sources = self._read_sources(day)
        if sources is None:
            return _ReadDay(day, before, None)
        try:
            require_readable_inputs(sources)
        except DamagedFileError as error:
            return _ReadDay(day, before, None, str(error))
        inputs = {**sources, **self.inputs.list_tables(day, until=self.now)}
        return _ReadDay(day, before, inputs)

    def _build(self, read: _ReadDay) -> BuiltDay:
        day, inputs = read.day, read.inputs
        if read.refused is not None:
            return self._stop(day, read.refused)
        if inputs is None:
            return BuiltDay(day, {})
        rows: dict[str, int] = {}

        def compute(mart: LakeTable) -> DayRows:
            found = compute_mart(self.engine, mart, inputs)
            rows[mart.name] = len(found)
            return DayRows(mart, sort_rows(mart, found.drop_columns([DAY])))

        def confirm(connection: Connection) -> None:
            _write_progress(connection, self.progress.done, self.progress.done)
            record = self.inputs.describe(day, until=self.now)
            write_built_day(connection, POSITIONS_OF, day, record)

        parts = map_ahead(compute, DAILY_MARTS)
        try:
            replace_day(self.lake, day, parts, before=read.before, now=self.now, meanwhile=confirm)
        except UNUSABLE_INPUTS as error:
            return self._stop(day, str(error))
        return BuiltDay(day, rows)

    def _stop(self, day: date, reason: str) -> BuiltDay:
        """Leave the day as it is, and record that the next run has to build it."""
        with writing(self.lake.engine) as connection:
            write_built_day(connection, POSITIONS_OF, day, NOT_BUILT)
        return BuiltDay(day, {}, reason)

    def _read_sources(self, day: date) -> dict[str, LakeFiles] | None:
        """The trusted files of a day, by the name in the SQL; None when the day keeps its rows."""
        with reading(self.lake.engine) as connection:
            found = {
                table: read_files(
                    connection, table.full_name, at=self.progress.target[table.full_name],
                    days=[day],
                )
                for table in SOURCES
            }  # fmt: skip
            is_raw = bool(read_files(connection, RAW_REPORTS.full_name, days=[day]))
        has_reports = bool(found[TRUSTED_REPORTS]) or is_raw
        if day in self.deleted or not (has_reports or found[TRUSTED_ORDER_HOURS]):
            return None
        return {
            f"{table.zone}_{table.name}": LakeFiles(self.lake.storage, table, files)
            for table, files in found.items()
        }


def _read_progress(connection: Connection) -> _Progress:
    names = [table.full_name for table in SOURCES]
    return _Progress(
        {name: read_position(connection, POSITIONS_OF, name) for name in names},
        {name: read_current(connection, name) for name in names},
    )


def _list_changed_days(connection: Connection, progress: _Progress) -> set[date]:
    days: set[date] = set()
    for name, until in progress.target.items():
        days.update(read_changed_days(connection, name, after=progress.done[name], until=until))
    return days


def _list_outdated_days(
    connection: Connection, inputs: SiteTables, deleted: Collection[date]
) -> set[date]:
    """Days that were built from other inputs than the present ones, or before they ended.

    A day that was ordered before it began is among them.
    """
    built = read_built_days(connection, POSITIONS_OF)
    ordered = _list_days(connection, TRUSTED_ORDER_HOURS.full_name) - set(deleted)
    days = _list_days(connection, POSITIONS_OF) | built.keys() | ordered
    with_reports = _list_days(connection, *REPORTS)
    return {
        day
        for day in days & (with_reports | ordered)
        if built.get(day) != inputs.describe(day, until=end_of_day(day))
    }


def _list_deleted_days(connection: Connection) -> set[date]:
    """Days that had reports and have none: retention has deleted them."""
    had_reports = {
        day
        for name in REPORTS
        for day in read_changed_days(
            connection, name, after=0, until=read_current(connection, name)
        )
    }
    return had_reports - _list_days(connection, *REPORTS)


def _list_days(connection: Connection, *names: str) -> set[date]:
    return {file.day for name in names for file in read_files(connection, name)}


def _write_progress(
    connection: Connection, before: Mapping[str, int], after: Mapping[str, int]
) -> None:
    """Move the positions, or confirm them; other builders wait until the transaction ends."""
    for name, position in after.items():
        write_position(connection, POSITIONS_OF, name, position, before=before[name])
