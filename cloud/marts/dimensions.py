"""Small tables that the marts are joined with: calendar, locations, and hours of each location.

Weekdays, local hours and expected time are computed here once, so that no engine converts a time
zone. Weekdays are numbered from 1 (Monday) to 7 (Sunday).
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pyarrow as pa

from cloud.lake.tables import DAY
from cloud.sites.site_model import Site

INT64: Final = pa.int64()
SATURDAY: Final = 6
ONE_HOUR: Final = timedelta(hours=1)
DIM_DATE: Final = pa.schema(
    [
        pa.field(DAY, pa.date32(), nullable=False),
        *(
            pa.field(name, INT64, nullable=False)
            for name in ("year", "quarter", "month", "day_of_month", "iso_year", "iso_week",
                         "weekday", "is_weekend")
        ),
    ]
)  # fmt: skip
DIM_LOCATION: Final = pa.schema(
    [
        pa.field("location", pa.string(), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("timezone", pa.string(), nullable=False),
        pa.field("venue_type", pa.string(), nullable=False),
        pa.field("placement", pa.string(), nullable=False),
        pa.field("latitude_udeg", INT64, nullable=False),
        pa.field("longitude_udeg", INT64, nullable=False),
        pa.field("cameras", INT64, nullable=False),
    ]
)
LOCATION_HOURS: Final = pa.schema(
    [
        ("location", pa.string()),
        (DAY, pa.date32()),
        ("hour", INT64),
        ("local_date", pa.date32()),
        ("local_hour", INT64),
        ("local_weekday", INT64),
        ("expected_ms", INT64),
    ]
)


def list_dates(first: date, last: date) -> pa.Table:
    """The calendar from the first to the last day, both included."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return pa.Table.from_pylist([_describe_date(day) for day in days], schema=DIM_DATE)


def list_locations(sites: Iterable[Site]) -> pa.Table:
    """The locations of the sites file. Positions are in millionths of a degree."""
    rows: list[dict[str, Any]] = [
        {
            "location": site.id,
            "name": site.name,
            "timezone": site.timezone,
            "venue_type": site.venue,
            "placement": site.placement,
            "latitude_udeg": round(site.latitude_deg * 1_000_000),
            "longitude_udeg": round(site.longitude_deg * 1_000_000),
            "cameras": len(site.cameras),
        }
        for site in sorted(sites, key=lambda site: site.id)
    ]
    return pa.Table.from_pylist(rows, schema=DIM_LOCATION)


def list_location_hours(sites: Iterable[Site], day: date, *, until: datetime) -> pa.Table:
    """The hours of a UTC day at each location that begin before `until`.

    `expected_ms` is the camera time before `until` in which a listed camera should report. In a
    zone without whole hours, the local hour is that in which the UTC hour starts.
    """
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    hours = [midnight + hour * ONE_HOUR for hour in range(24)]
    rows = [
        _describe_hour(site, starts_at, min(starts_at + ONE_HOUR, until))
        for site in sites
        for starts_at in hours
        if starts_at < until
    ]
    return pa.Table.from_pylist(rows, schema=LOCATION_HOURS)


def _describe_hour(site: Site, starts_at: datetime, ends_at: datetime) -> dict[str, Any]:
    local = starts_at.astimezone(site.zone)
    return {
        "location": site.id,
        DAY: starts_at.date(),
        "hour": starts_at.hour,
        "local_date": local.date(),
        "local_hour": local.hour,
        "local_weekday": local.isoweekday(),
        "expected_ms": site.expected_ms(starts_at, ends_at),
    }


def _describe_date(day: date) -> dict[str, Any]:
    iso_year, iso_week, weekday = day.isocalendar()
    return {
        DAY: day,
        "year": day.year,
        "quarter": (day.month + 2) // 3,
        "month": day.month,
        "day_of_month": day.day,
        "iso_year": iso_year,
        "iso_week": iso_week,
        "weekday": weekday,
        "is_weekend": int(weekday >= SATURDAY),
    }
