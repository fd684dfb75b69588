"""Build the profiles of all locations over the last four weeks of `audience_metrics`.

Four weeks hold every weekday equally often. The table has the profiles of one period; those of
earlier periods are read at earlier snapshots.
"""

from datetime import date, datetime, timedelta
from typing import Final

import pyarrow as pa

from cloud.database import reading, writing
from cloud.lake.curated.audience import AUDIENCE_METRICS
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
from cloud.marts.build import compute_day
from cloud.marts.engine import LakeFiles, MartEngine

PERIOD_DAYS: Final = 28


def build_profiles(
    lake: Lake, engine: MartEngine, *, now: datetime, last_on: date | None = None
) -> int:
    """Replace the profiles; returns the number of locations, 0 when nothing has changed.

    Args:
        lake: the lake.
        engine: what runs the SQL.
        now: the time of the commit.
        last_on: the last day of the period, built in any case; without it the newest day of the
            mart that has ended.

    Raises:
        LakeConflictError: another program builds the profiles at the same time.
    """
    source, target = AUDIENCE_METRICS.full_name, LOCATION_PROFILES.full_name
    with reading(lake.engine) as connection:
        before = read_position(connection, target, source)
        newest = read_current(connection, source)
        files = read_files(connection, source, at=newest)
    ended = [file.day for file in files if file.day < now.date()]
    if not ended or (last_on is None and newest == before):
        return 0
    last = last_on or max(ended)
    first = last - timedelta(days=PERIOD_DAYS - 1)
    in_period = [file for file in files if first <= file.day <= last]
    rows = compute_day(
        engine,
        LOCATION_PROFILES,
        {
            "audience_metrics": LakeFiles(lake.storage, AUDIENCE_METRICS, in_period),
            "profile_period": describe_period(first, last),
        },
    )
    written = list(write_days(lake.storage, LOCATION_PROFILES, rows))
    with writing(lake.engine) as connection:
        write_position(connection, target, source, newest, before=before)
        commit(
            connection, target, Operation.REPLACE,
            added=written, removed=read_files(connection, target), now=now,
        )  # fmt: skip
    write_records(lake, [target])
    return len(rows)


def describe_period(first: date, last: date) -> pa.Table:
    """The period as the SQL reads it: one row."""
    return pa.table(
        {
            "first_on": pa.array([first], pa.date32()),
            "last_on": pa.array([last], pa.date32()),
        }
    )
