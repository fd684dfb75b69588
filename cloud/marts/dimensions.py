"""Small tables that the marts are joined with: calendar, locations, and hours of each location.

Weekdays, local hours and expected time are computed here once, so that no engine converts a time
zone. Weekdays are numbered from 1 (Monday) to 7 (Sunday).
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from cloud.lake.tables import DAY
from cloud.sites.site_model import Site

INT64: Final = pa.int64()
SATURDAY: Final = 6
ONE_HOUR: Final = timedelta(hours=1)
MILLISECOND: Final = timedelta(milliseconds=1)
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
FORMER_IDS: Final = pa.schema([("former_id", pa.string()), ("present_id", pa.string())])
LOCATION_LOOPS: Final = pa.schema([("location", pa.string()), ("loop_s", INT64), ("spot_s", INT64)])
DAY_NUMBERS: Final = pa.schema([("date_on", pa.date32()), ("number", INT64)])
Span = tuple[datetime, datetime]
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


def list_day_numbers(first: date, last: date) -> pa.Table:
    """Consecutive numbers of days, so that SQL can subtract dates."""
    numbers = range(first.toordinal(), last.toordinal() + 1)
    columns = {"date_on": [date.fromordinal(one) for one in numbers], "number": list(numbers)}
    return pa.table(columns, schema=DAY_NUMBERS)


def list_former_ids(sites: Iterable[Site]) -> pa.Table:
    """The former ids of locations, each with the present one."""
    rows = [{"former_id": name, "present_id": site.id} for site in sites for name in site.formerly]
    return pa.Table.from_pylist(rows, schema=FORMER_IDS)


def list_location_loops(sites: Iterable[Site]) -> pa.Table:
    """The length of each location's loop and of its spots, in seconds."""
    rows = [
        {"location": site.id, "loop_s": site.loop.length_s, "spot_s": site.loop.spot_s}
        for site in sites
    ]
    return pa.Table.from_pylist(rows, schema=LOCATION_LOOPS)


def list_location_hours(sites: Iterable[Site], day: date, *, until: datetime) -> pa.Table:
    """The hours of a UTC day at each location that begin before `until`.

    `expected_ms` is the camera time before `until` in which a listed camera should report. In a
    zone without whole hours, the local hour is that in which the UTC hour starts.
    """
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    starts = [midnight + hour * ONE_HOUR for hour in range(24)]
    hours = [(at, min(at + ONE_HOUR, until)) for at in starts if at < until]
    if not hours:
        return LOCATION_HOURS.empty_table()
    listed = list(sites)
    zones = list(dict.fromkeys(site.timezone for site in listed))
    clock = pa.concat_tables([_list_clock(ZoneInfo(zone), day, hours) for zone in zones])
    first_rows = {zone: number * len(hours) for number, zone in enumerate(zones)}
    rows = [first_rows[site.timezone] + n for site in listed for n in range(len(hours))]
    numbers = [number for number in range(len(listed)) for _ in hours]
    spans_ms = [(ends_at - starts_at) // MILLISECOND for starts_at, ends_at in hours]
    expected_ms = [ms for site in listed for ms in _list_expected_ms(site, hours, spans_ms)]
    columns = {
        "location": pa.array([site.id for site in listed], pa.string()).take(pa.array(numbers)),
        **dict(zip(clock.column_names, clock.take(pa.array(rows)).columns, strict=True)),
        "expected_ms": pa.array(expected_ms, INT64),
    }
    return pa.table(columns, schema=LOCATION_HOURS)


def _list_clock(zone: ZoneInfo, day: date, hours: Sequence[Span]) -> pa.Table:
    """The hours in UTC and in a time zone."""
    local = [at.astimezone(zone) for at, _ in hours]
    columns = {
        DAY: [day] * len(hours),
        "hour": [at.hour for at, _ in hours],
        "local_date": [at.date() for at in local],
        "local_hour": [at.hour for at in local],
        "local_weekday": [at.isoweekday() for at in local],
    }
    return pa.table(columns, schema=pa.schema([LOCATION_HOURS.field(name) for name in columns]))


def _list_expected_ms(site: Site, hours: Sequence[Span], spans_ms: Sequence[int]) -> list[int]:
    """By hour; computed once where every camera is expected all day."""
    cameras = [camera for camera in site.cameras if not camera.optional]
    whole_ms = len(cameras) * sum(spans_ms)
    is_dated = any(camera.from_on or camera.until_on for camera in cameras)
    if not is_dated or site.expected_ms(hours[0][0], hours[-1][1]) == whole_ms:
        return [len(cameras) * span_ms for span_ms in spans_ms]
    return [site.expected_ms(starts_at, ends_at) for starts_at, ends_at in hours]


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
