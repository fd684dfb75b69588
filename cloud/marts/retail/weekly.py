"""Build the weekly sales of shops from trusted price points, one week in memory at a time.

A week is built when a day of it has changed or the SQL has; also the present week, which is
incomplete until it ends: whoever compares weeks leaves it out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from cloud.database import EPOCH, reading, writing
from cloud.lake.curated.retail import RETAIL_WEEKLY
from cloud.lake.lake import Lake
from cloud.lake.manifest import (
    read_changed_days,
    read_current,
    read_files,
    read_position,
    write_position,
)
from cloud.lake.replacement import DayRows, read_day_files, replace_day
from cloud.lake.tables import DAY
from cloud.lake.trusted.tables import TRUSTED_TABLES
from cloud.lake.writer import sort_rows
from cloud.marts.built_days import DayInputs, read_built_days, write_built_day
from cloud.marts.engine import (
    LakeFiles,
    MartEngine,
    compute_mart,
    read_sql,
    require_readable_inputs,
)
from cloud.marts.retail.calendars import WEEK_D, find_week, list_week_days
from cloud.marts.sites_digest import digest_values

TRUSTED_POINTS: Final = next(one for one in TRUSTED_TABLES if one.name == "retail_price_points")
POINTS_VIEW: Final = f"{TRUSTED_POINTS.zone}_{TRUSTED_POINTS.name}"
SOURCE, TARGET = TRUSTED_POINTS.full_name, RETAIL_WEEKLY.full_name


@dataclass(frozen=True, slots=True)
class BuiltWeek:
    """A week that was built, by its Monday."""

    week_on: date
    rows: int


def build_changed_weeks(lake: Lake, engine: MartEngine, *, now: datetime) -> Iterator[BuiltWeek]:
    """Build every week that has changed, oldest first.

    Raises:
        DamagedFileError: a file of the week cannot be read.
        MartValueError: sums of its rows do not fit.
        LakeConflictError: another program builds the weeks at the same time.
    """
    with reading(lake.engine) as connection:
        before = read_position(connection, TARGET, SOURCE)
        newest = read_current(connection, SOURCE)
        weeks = _list_weeks(connection, before, newest)
    builder = _WeekBuilder(lake, engine, before, newest, now)
    yield from map(builder.build, sorted(weeks))
    if newest != before:
        with writing(lake.engine) as connection:
            write_position(connection, TARGET, SOURCE, newest, before=before)


@dataclass(frozen=True, slots=True)
class _WeekBuilder:
    """One run: it builds one week after another."""

    lake: Lake
    engine: MartEngine
    position: int
    snapshot: int
    now: datetime

    def build(self, week_on: date) -> BuiltWeek:
        """Replace the rows of a week."""
        before = read_day_files(self.lake, [RETAIL_WEEKLY], week_on)
        days = [week_on + timedelta(days=n) for n in range(WEEK_D)]
        with reading(self.lake.engine) as connection:
            files = read_files(connection, SOURCE, at=self.snapshot, days=days)
        inputs = {
            POINTS_VIEW: LakeFiles(self.lake.storage, TRUSTED_POINTS, files),
            "week_days": list_week_days(week_on),
        }
        require_readable_inputs(inputs)
        rows = compute_mart(self.engine, RETAIL_WEEKLY, inputs)

        def confirm(connection: Connection) -> None:
            write_position(connection, TARGET, SOURCE, self.position, before=self.position)
            write_built_day(connection, TARGET, week_on, _describe())

        part = DayRows(RETAIL_WEEKLY, sort_rows(RETAIL_WEEKLY, rows.drop_columns([DAY])))
        replace_day(self.lake, week_on, [part], before=before, now=self.now, meanwhile=confirm)
        return BuiltWeek(week_on, len(rows))


def _list_weeks(connection: Connection, before: int, newest: int) -> set[date]:
    changed = read_changed_days(connection, SOURCE, after=before, until=newest)
    built = read_built_days(connection, TARGET)
    present = {find_week(file.day) for file in read_files(connection, SOURCE, at=newest)}
    current = _describe()
    outdated = {week_on for week_on in present if built.get(week_on) != current}
    return {find_week(day) for day in changed} | outdated


def _describe() -> DayInputs:
    return DayInputs(digest_values(read_sql(RETAIL_WEEKLY.name)), EPOCH)
