"""Build the marts that compare locations over the last four weeks: profiles, groups, benchmarks.

Four weeks hold every weekday equally often. The tables have the rows of one period; those of
earlier periods are read at earlier snapshots.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import pyarrow as pa
from sqlalchemy import Connection

from cloud.database import reading, writing
from cloud.lake.curated.audience import AUDIENCE_DEMOGRAPHICS_HOURLY, AUDIENCE_METRICS
from cloud.lake.curated.benchmarks import LOCATION_BENCHMARKS, MEASURES, PEERS
from cloud.lake.curated.demographics import LOCATION_DEMOGRAPHICS
from cloud.lake.curated.profiles import LOCATION_PROFILES
from cloud.lake.lake import Lake
from cloud.lake.manifest import (
    Operation,
    commit,
    read_current,
    read_files,
    read_position,
    write_position,
)
from cloud.lake.records import write_records
from cloud.lake.writer import write_days
from cloud.marts.built_days import DayInputs, read_built_days, write_built_day
from cloud.marts.dimensions import list_locations
from cloud.marts.engine import (
    LakeFiles,
    MartEngine,
    MartInputs,
    compute_mart,
    read_sql,
    require_readable_inputs,
)
from cloud.marts.site_tables import end_of_day
from cloud.marts.sites_digest import digest_values
from cloud.sites.sites import Sites

PERIOD_DAYS: Final = 28
PROFILE_MARTS: Final = (LOCATION_BENCHMARKS, LOCATION_DEMOGRAPHICS, LOCATION_PROFILES)
"""In the order of their names: transactions lock them in the same order."""
PROFILE_SOURCES: Final = (AUDIENCE_DEMOGRAPHICS_HOURLY, AUDIENCE_METRICS)
POSITIONS_OF: Final = LOCATION_PROFILES.full_name
"""The table whose lock a builder takes first."""


@dataclass(frozen=True, slots=True)
class _Period:
    """The last day of the period, the files of the sources, and the positions before."""

    last: date
    inputs: dict[str, LakeFiles]
    before: Mapping[str, int]
    newest: Mapping[str, int]


def build_profiles(
    lake: Lake, engine: MartEngine, sites: Sites, *, now: datetime
) -> Mapping[str, int]:
    """Replace the marts of the newest period; returns the rows by mart, none without a change.

    The last day of the period is the newest day of `audience_metrics` that has ended.

    Raises:
        DamagedFileError: a file of the period cannot be read.
        MartValueError: sums of its rows do not fit.
        LakeConflictError: another program builds the profiles at the same time.
    """
    with reading(lake.engine) as connection:
        period = _read_period(lake, connection, now)
        if period is None:
            return {}
        record = _describe(sites, period.last)
        is_built = read_built_days(connection, POSITIONS_OF).get(period.last) == record
    if is_built and period.newest == period.before:
        return {}
    inputs: MartInputs = {
        **period.inputs,
        "profile_period": describe_period(period.last - timedelta(days=PERIOD_DAYS - 1),
                                          period.last),
        "dim_location": list_locations(sites),
        "benchmark_measures": list_benchmark_measures(),
    }  # fmt: skip
    require_readable_inputs(inputs)
    rows = {mart: compute_mart(engine, mart, inputs) for mart in PROFILE_MARTS}
    written = {mart: list(write_days(lake.storage, mart, found)) for mart, found in rows.items()}
    with writing(lake.engine) as connection:
        for source, position in period.newest.items():
            write_position(connection, POSITIONS_OF, source, position, before=period.before[source])
        write_built_day(connection, POSITIONS_OF, period.last, record)
        for mart, files in written.items():
            removed = read_files(connection, mart.full_name)
            commit(
                connection, mart.full_name, Operation.REPLACE, added=files, removed=removed, now=now
            )
    write_records(lake, [mart.full_name for mart in PROFILE_MARTS])
    return {mart.name: len(found) for mart, found in rows.items()}


def list_benchmark_measures() -> pa.Table:
    """Every measure for every group of peers, as the SQL reads it."""
    pairs = [(measure, peers) for measure in MEASURES for peers in PEERS]
    measures, peers = zip(*pairs, strict=True)
    return pa.table({"measure": list(measures), "peers": list(peers)})


def describe_period(first: date, last: date) -> pa.Table:
    """The period as the SQL reads it: one row."""
    return pa.table(
        {
            "first_on": pa.array([first], pa.date32()),
            "last_on": pa.array([last], pa.date32()),
        }
    )


def _read_period(lake: Lake, connection: Connection, now: datetime) -> _Period | None:
    names = [source.full_name for source in PROFILE_SOURCES]
    newest = {name: read_current(connection, name) for name in names}
    files = {
        source: read_files(connection, source.full_name, at=newest[source.full_name])
        for source in PROFILE_SOURCES
    }
    ended = [file.day for file in files[AUDIENCE_METRICS] if file.day < now.date()]
    if not ended:
        return None
    last = max(ended)
    first = last - timedelta(days=PERIOD_DAYS - 1)
    inputs = {
        source.name: LakeFiles(
            lake.storage, source, [file for file in found if first <= file.day <= last]
        )
        for source, found in files.items()
    }
    before = {name: read_position(connection, POSITIONS_OF, name) for name in names}
    return _Period(last, inputs, before, newest)


def _describe(sites: Sites, last: date) -> DayInputs:
    """What is recorded of a period: the SQL, and the facts of the sites file that it reads."""
    sql = [read_sql(mart.name) for mart in PROFILE_MARTS]
    venues = sorted((site.id, site.venue) for site in sites)
    return DayInputs(digest_values(sql, venues), end_of_day(last))
