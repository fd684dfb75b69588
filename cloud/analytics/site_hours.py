"""The sums of each hour of a location's local days, with the time that should have been observed.

An hour without a report is present with `observed_ms` 0, so that missing time is known to be
missing. Hours at a clock change are those of the local clock: the hour that occurs twice is one.
A camera that was not expected adds what it observed to the expected time too, so that it does not
hide that another one is missing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from cloud.analytics.analytics_query import AnalyticsQuery
from cloud.sites.site_model import Site
from cloud.windows.expected_cameras import ExpectedCameras
from cloud.windows.local_hours import local_hour_sums

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
NAMES: Final = ("observed_ms", "person_ms", "looking_ms", "visits", "onlookers")


@dataclass(slots=True)
class CellSums:
    """Sums of some hours."""

    expected_ms: int = 0
    observed_ms: int = 0
    person_ms: int = 0
    looking_ms: int = 0
    visits: int = 0
    onlookers: int = 0

    def add(self, other: "CellSums") -> None:
        """Add the sums of other hours."""
        self.expected_ms += other.expected_ms
        self.observed_ms += other.observed_ms
        self.person_ms += other.person_ms
        self.looking_ms += other.looking_ms
        self.visits += other.visits
        self.onlookers += other.onlookers

    @property
    def observed_share(self) -> float | None:
        """The observed part of the expected time; None where nothing was expected."""
        return min(1.0, self.observed_ms / self.expected_ms) if self.expected_ms else None


LocalHourKey = tuple[date, int]
Days = Mapping[date, CellSums]


def read_site_hours(
    connection: Connection, site: Site, asked: AnalyticsQuery, now: datetime
) -> dict[LocalHourKey, CellSums]:
    """The hours of a location that belong to an analysis."""
    first_on, end_on = asked.period(site.zone, now)
    expected = ExpectedCameras.of([site])
    hours = _expected_hours(site, expected, asked, first_on, end_on)
    rows = local_hour_sums(
        connection, site.id, site.zone,
        since_at=_midnight(first_on, site), until_at=_midnight(end_on, site), names=NAMES,
    )  # fmt: skip
    for starts_s, device, observed_ms, *sums in rows:
        local = datetime.fromtimestamp(starts_s, site.zone)
        cell = hours.get((local.date(), local.hour))
        if cell is not None:
            is_expected = expected.expects(device, local, local + HOUR)
            cell.add(CellSums(0 if is_expected else observed_ms, observed_ms, *sums))
    return hours


def sum_by_day(hours: Mapping[LocalHourKey, CellSums]) -> Days:
    """The same by local day."""
    days: dict[date, CellSums] = {}
    for (day, _hour), sums in hours.items():
        days.setdefault(day, CellSums()).add(sums)
    return days


def total_of(parts: Iterable[CellSums]) -> CellSums:
    """The sums of all parts."""
    whole = CellSums()
    for part in parts:
        whole.add(part)
    return whole


def _expected_hours(
    site: Site, expected: ExpectedCameras, asked: AnalyticsQuery, first_on: date, end_on: date
) -> dict[LocalHourKey, CellSums]:
    hours = dict[LocalHourKey, CellSums]()
    starts_at, ends_at = _midnight(first_on, site), _midnight(end_on, site)
    while starts_at < ends_at:
        local = starts_at.astimezone(site.zone)
        until = min(starts_at + HOUR, ends_at)
        if asked.includes(local.date(), local.hour):
            cell = hours.setdefault((local.date(), local.hour), CellSums())
            cell.expected_ms += expected.whole_ms(starts_at, until)
        starts_at = until
    return hours


def _midnight(day: date, site: Site) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=site.zone).astimezone(UTC)
