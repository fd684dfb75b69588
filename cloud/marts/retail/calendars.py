"""The small tables of days, weeks and stores that the SQL of retail marts joins.

Engines number weekdays and subtract dates differently, so ages and seasons are columns.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import pyarrow as pa

from cloud.lake.tables import DAY, TIMESTAMP
from cloud.marts.season_dimensions import find_season

ONE_DAY: Final = timedelta(days=1)
WEEK_D: Final = 7
POINT_DAYS: Final = 91
"""Days of points that features use: 90, and one before them to see a change of price."""
HISTORY_WEEKS: Final = 104
NEAR_KM: Final = 10.0
EARTH_KM: Final = 6371.0088


@dataclass(frozen=True, slots=True)
class StorePlace:
    """What features take from the list of stores; None is unknown."""

    store: str
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    setting: str | None = None
    purchasing_power_index: int | None = None


def find_week(day: date) -> date:
    """The Monday of the week of a day."""
    return day - timedelta(days=day.weekday())


def list_week_days(week_on: date) -> pa.Table:
    """The seven days of a week."""
    days = [week_on + timedelta(days=n) for n in range(WEEK_D)]
    return pa.table(
        [pa.array(days, pa.date32()), pa.array([week_on] * WEEK_D, pa.date32())],
        names=[DAY, "week_on"],
    )


def list_feature_run(as_of: date) -> pa.Table:
    """The day of the features and the instant up to which points may have been received."""
    ends_at = datetime.combine(as_of + ONE_DAY, time(), UTC)
    return pa.table(
        [pa.array([as_of], pa.date32()), pa.array([ends_at], TIMESTAMP)], names=["as_of", "ends_at"]
    )


def list_feature_days(as_of: date) -> pa.Table:
    """The days of points that features may use, and their ages."""
    ages = range(POINT_DAYS)
    return pa.table(
        [
            pa.array([as_of - timedelta(days=age) for age in ages], pa.date32()),
            pa.array(ages, pa.int64()),
        ],
        names=[DAY, "age_days"],
    )


def list_feature_weeks(as_of: date) -> pa.Table:
    """The whole weeks that had ended by the end of the day, their ages, and those of the season.

    A week is of the season in which its Monday lies, of this year and of the years before.
    """
    newest = find_week(as_of + ONE_DAY) - timedelta(weeks=1)
    weeks = [newest - timedelta(weeks=age) for age in range(HISTORY_WEEKS)]
    season = find_season(as_of).month
    return pa.table(
        [
            pa.array(weeks, pa.date32()),
            pa.array(range(HISTORY_WEEKS), pa.int64()),
            pa.array([int(find_season(week).month == season) for week in weeks], pa.int64()),
        ],
        names=["week_on", "age_weeks", "is_season"],
    )


def list_retail_stores(places: Iterable[StorePlace]) -> pa.Table:
    """Stores with the number of others within 10 km; null where the place is unknown."""
    listed = sorted(places, key=lambda place: place.store)
    schema = pa.schema(
        [
            ("store", pa.string()),
            ("setting", pa.string()),
            ("purchasing_power_index", pa.int64()),
            ("stores_within_10km", pa.int64()),
        ]
    )
    rows = [
        {
            "store": place.store,
            "setting": place.setting,
            "purchasing_power_index": place.purchasing_power_index,
            "stores_within_10km": _count_near(place, listed),
        }
        for place in listed
    ]
    return pa.Table.from_pylist(rows, schema)


def _count_near(place: StorePlace, listed: list[StorePlace]) -> int | None:
    if place.latitude_deg is None or place.longitude_deg is None:
        return None
    distances = (_measure_km(place, other) for other in listed if other is not place)
    return sum(1 for distance in distances if distance is not None and distance <= NEAR_KM)


def _measure_km(one: StorePlace, other: StorePlace) -> float | None:
    """Great-circle distance (haversine); None where a place is unknown."""
    degrees = (one.latitude_deg, one.longitude_deg, other.latitude_deg, other.longitude_deg)
    known = [math.radians(value) for value in degrees if value is not None]
    if len(known) < len(degrees):
        return None
    south, west, north, east = known
    half = math.sin((north - south) / 2) ** 2
    half += math.cos(south) * math.cos(north) * math.sin((east - west) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(half))
