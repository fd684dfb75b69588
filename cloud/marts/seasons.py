"""Build the months and seasons of all locations from `audience_metrics`, one season at a time.

A season is built when a day of it has changed, when the sites file or the SQL has, and while it has
not ended. A day counts when it has ended.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa
from sqlalchemy import Connection

from cloud.database import reading, writing
from cloud.lake.curated.audience import AUDIENCE_METRICS
from cloud.lake.curated.seasons import LOCATION_SEASONS
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
from cloud.lake.writer import sort_rows
from cloud.marts.built_days import DayInputs, read_built_days, write_built_day
from cloud.marts.engine import (
    LakeFiles,
    MartEngine,
    compute_mart,
    read_sql,
    require_readable_inputs,
)
from cloud.marts.season_dimensions import (
    ONE_DAY,
    find_next_season,
    find_season,
    list_location_holidays,
    list_season_days,
    list_season_names,
)
from cloud.marts.site_tables import end_of_day
from cloud.marts.sites_digest import digest_values
from cloud.sites.sites import Sites

SOURCE, TARGET = AUDIENCE_METRICS.full_name, LOCATION_SEASONS.full_name


@dataclass(frozen=True, slots=True)
class BuiltSeason:
    """A season that was built, by its first day: the rows of its months and of itself."""

    season_on: date
    rows: int


def build_seasons(
    lake: Lake, engine: MartEngine, sites: Sites, *, now: datetime
) -> Iterator[BuiltSeason]:
    """Build every season that has changed, oldest first.

    Raises:
        DamagedFileError: a file of the season cannot be read.
        MartValueError: sums of its rows do not fit.
        LakeConflictError: another program builds the seasons at the same time.
    """
    with reading(lake.engine) as connection:
        before = read_position(connection, TARGET, SOURCE)
        newest = read_current(connection, SOURCE)
        seasons = _list_seasons(connection, sites, before, newest)
    builder = _SeasonBuilder(lake, engine, sites, before, newest, now)
    yield from map(builder.build, sorted(seasons))
    if newest != before:
        with writing(lake.engine) as connection:
            write_position(connection, TARGET, SOURCE, newest, before=before)


def list_season_inputs(sites: Sites, season_on: date) -> dict[str, pa.Table]:
    """What the SQL reads besides `audience_metrics`."""
    return {
        "season_days": list_season_days(season_on),
        "season_names": list_season_names(sites, season_on),
        "location_holidays": list_location_holidays(sites, season_on),
    }


@dataclass(frozen=True, slots=True)
class _SeasonBuilder:
    """One run: it builds one season after another."""

    lake: Lake
    engine: MartEngine
    sites: Sites
    position: int
    snapshot: int
    now: datetime

    def build(self, season_on: date) -> BuiltSeason:
        """Replace the rows of a season."""
        before = read_day_files(self.lake, [LOCATION_SEASONS], season_on)
        inputs = list_season_inputs(self.sites, season_on)
        ended = {
            day for day in inputs["season_days"].column(DAY).to_pylist() if day < self.now.date()
        }
        with reading(self.lake.engine) as connection:
            files = read_files(connection, SOURCE, at=self.snapshot, days=ended)
        metrics = LakeFiles(self.lake.storage, AUDIENCE_METRICS, files)
        require_readable_inputs({"audience_metrics": metrics})
        rows = compute_mart(self.engine, LOCATION_SEASONS, {"audience_metrics": metrics, **inputs})

        def confirm(connection: Connection) -> None:
            write_position(connection, TARGET, SOURCE, self.position, before=self.position)
            record = _describe(inputs, season_on, self.now)
            write_built_day(connection, TARGET, season_on, record)

        part = DayRows(LOCATION_SEASONS, sort_rows(LOCATION_SEASONS, rows.drop_columns([DAY])))
        replace_day(self.lake, season_on, [part], before=before, now=self.now, meanwhile=confirm)
        return BuiltSeason(season_on, len(rows))


def _list_seasons(connection: Connection, sites: Sites, before: int, newest: int) -> set[date]:
    changed = read_changed_days(connection, SOURCE, after=before, until=newest)
    built = read_built_days(connection, TARGET)
    present = {find_season(file.day) for file in read_files(connection, SOURCE, at=newest)}
    outdated = {
        season_on
        for season_on in present
        if built.get(season_on) != _describe_complete(sites, season_on)
    }
    return {find_season(day) for day in changed} | outdated


def _describe_complete(sites: Sites, season_on: date) -> DayInputs:
    """What is recorded of a season that is built after its end."""
    inputs = list_season_inputs(sites, season_on)
    return _describe(inputs, season_on, _find_end(season_on))


def _describe(inputs: dict[str, pa.Table], season_on: date, now: datetime) -> DayInputs:
    rows = {name: str(table.to_pylist()) for name, table in inputs.items()}
    digest = digest_values(read_sql(LOCATION_SEASONS.name), rows)
    return DayInputs(digest, min(now, _find_end(season_on)))


def _find_end(season_on: date) -> datetime:
    return end_of_day(find_next_season(season_on) - ONE_DAY)
