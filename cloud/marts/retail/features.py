"""Build the features of shops: one row for each SKU and store at the end of a day.

A row holds only what had been received by the end of its day, so a late point changes later days
only. A day is built after it has ended, and again where the trusted zone has points now that it did
not have then: a point that was received in time may be promoted later. A new SQL text is a new
version: it is used from the next day on, and for the days that `build_feature_days` is asked for.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import pyarrow as pa
from sqlalchemy import Connection

from cloud.database import reading, writing
from cloud.lake.curated.retail import RETAIL_FEATURES, RETAIL_WEEKLY
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
from cloud.marts.retail.calendars import (
    HISTORY_WEEKS,
    ONE_DAY,
    POINT_DAYS,
    StorePlace,
    list_feature_days,
    list_feature_run,
    list_feature_weeks,
    list_retail_stores,
)
from cloud.marts.retail.feature_runs import describe_run, write_feature_run
from cloud.marts.retail.weekly import POINTS_VIEW, SOURCE, TRUSTED_POINTS
from cloud.marts.site_tables import end_of_day
from cloud.marts.sites_digest import digest_values

TARGET: Final = RETAIL_FEATURES.full_name
MOST_DAYS: Final = 14
"""Days that a run builds at most; older ones are built when they are asked for."""


@dataclass(frozen=True, slots=True)
class BuiltFeatures:
    """A day whose features were built."""

    day: date
    rows: int


def find_version() -> str:
    """The version of the features: a digest of their SQL."""
    return digest_values(read_sql(RETAIL_FEATURES.name))[:12]


def build_new_features(
    lake: Lake, engine: MartEngine, places: Iterable[StorePlace], *, now: datetime
) -> Iterator[BuiltFeatures]:
    """Build the ended days of the last two weeks that lack features, or points of which changed.

    A day has changed when points did that its features use: its own, or those of 90 days before.

    Raises:
        DamagedFileError, MartValueError, LakeConflictError: as `build_changed_weeks`.
    """
    with reading(lake.engine) as connection:
        before = read_position(connection, TARGET, SOURCE)
        newest = read_current(connection, SOURCE)
        days = _list_outdated(connection, before, newest, now.date())
    yield from build_feature_days(lake, engine, places, days, now=now)
    if newest != before:
        with writing(lake.engine) as connection:
            write_position(connection, TARGET, SOURCE, newest, before=before)


def _list_outdated(connection: Connection, before: int, newest: int, today: date) -> list[date]:
    built = read_built_days(connection, TARGET)
    first = min((file.day for file in read_files(connection, SOURCE, at=newest)), default=today)
    changed = read_changed_days(connection, SOURCE, after=before, until=newest)
    used = timedelta(days=POINT_DAYS)
    recent = (today - timedelta(days=age) for age in range(MOST_DAYS, 0, -1))
    return [
        day
        for day in recent
        if day >= first and (day not in built or any(day - used < one <= day for one in changed))
    ]


def build_feature_days(
    lake: Lake,
    engine: MartEngine,
    places: Iterable[StorePlace],
    days: Collection[date],
    *,
    now: datetime,
) -> Iterator[BuiltFeatures]:
    """Build these days, built before or not: each from what had been received by its end."""
    stores = list_retail_stores(places)
    for day in sorted(days):
        yield _build_day(lake, engine, stores, day, now)


def list_feature_inputs(as_of: date, stores: pa.Table) -> dict[str, pa.Table]:
    """The small tables that the SQL joins."""
    return {
        "feature_run": list_feature_run(as_of),
        "feature_days": list_feature_days(as_of),
        "feature_weeks": list_feature_weeks(as_of),
        "retail_stores": stores,
    }


def _build_day(
    lake: Lake, engine: MartEngine, stores: pa.Table, as_of: date, now: datetime
) -> BuiltFeatures:
    before = read_day_files(lake, [RETAIL_FEATURES], as_of)
    sources = _read_sources(lake, as_of)
    require_readable_inputs(sources)
    inputs = {**sources, **list_feature_inputs(as_of, stores)}
    rows = compute_mart(engine, RETAIL_FEATURES, inputs)
    version = find_version()
    run = describe_run(rows, as_of=as_of, version=version, built_at=now)

    def confirm(connection: Connection) -> None:
        write_built_day(connection, TARGET, as_of, DayInputs(version, end_of_day(as_of)))
        write_feature_run(connection, run)

    part = DayRows(RETAIL_FEATURES, sort_rows(RETAIL_FEATURES, rows.drop_columns([DAY])))
    replace_day(lake, as_of, [part], before=before, now=now, meanwhile=confirm)
    return BuiltFeatures(as_of, len(rows))


def _read_sources(lake: Lake, as_of: date) -> Mapping[str, LakeFiles]:
    """The points of 91 days and the weeks of 104: no file of a later day is opened."""
    days = [as_of - timedelta(days=age) for age in range(POINT_DAYS)]
    monday = as_of + ONE_DAY - timedelta(days=(as_of + ONE_DAY).weekday())
    weeks: Sequence[date] = [monday - timedelta(weeks=age + 1) for age in range(HISTORY_WEEKS)]
    with reading(lake.engine) as connection:
        points = read_files(connection, SOURCE, days=days)
        weekly = read_files(connection, RETAIL_WEEKLY.full_name, days=weeks)
    return {
        POINTS_VIEW: LakeFiles(lake.storage, TRUSTED_POINTS, points),
        "curated_retail_weekly": LakeFiles(lake.storage, RETAIL_WEEKLY, weekly),
    }
