"""The camera time of a campaign's booked hours: observed, unobserved by cause, and not reported.

The expected time is that of the cameras that the sites file lists then. Time without any report is
a figure of its own: nobody knows why, and it is not zero.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, select

from cloud.campaigns.booked_hours import CampaignLine, HourKey, list_booked_hours, to_seconds
from cloud.database import BLIND, EPOCH, hour_tallies, total
from cloud.sites.sites import Sites, UnknownLocation
from cloud.windows.expected_cameras import ExpectedCameras

AT_ONCE: Final = 400
HOUR_S: Final = 3_600


@dataclass(frozen=True, slots=True)
class CampaignObservation:
    """Camera time in milliseconds; `unobserved_ms` has only causes with some time."""

    expected_ms: int
    observed_ms: int
    unobserved_ms: Mapping[str, int]

    @property
    def unreported_ms(self) -> int:
        """Expected time of which no camera has reported anything."""
        known = self.observed_ms + sum(self.unobserved_ms.values())
        return max(0, self.expected_ms - known)


def read_observation(
    connection: Connection, sites: Sites, lines: Iterable[CampaignLine], now: datetime
) -> CampaignObservation:
    """The camera time of the hours that sold lines have booked, up to now."""
    until_s = to_seconds(now)
    hours = {
        hour.key for line in lines if line.is_sold for hour in list_booked_hours(line, until_s)
    }
    sums = _sum_reports(connection, hours)
    return CampaignObservation(
        expected_ms=_sum_expected(sites, hours, now),
        observed_ms=sums.pop("observed_ms", 0),
        unobserved_ms={name: ms for name, ms in sorted(sums.items()) if ms},
    )


def _sum_expected(sites: Sites, hours: Collection[HourKey], now: datetime) -> int:
    expected = 0
    for location in {key.location for key in hours}:
        try:
            cameras = ExpectedCameras.of([sites.location(location)])
        except UnknownLocation:
            continue
        for key in hours:
            if key.location == location:
                starts_at = EPOCH + timedelta(seconds=key.hour_at)
                ends_at = min(starts_at + timedelta(seconds=HOUR_S), now)
                expected += cameras.whole_ms(starts_at, ends_at)
    return expected


def _sum_reports(connection: Connection, hours: Collection[HourKey]) -> Counter[str]:
    """Observed time as `observed_ms`, and unobserved time by its cause."""
    found: Counter[str] = Counter()
    locations = sorted({key.location for key in hours})
    first_s = min((key.hour_at for key in hours), default=0)
    until_s = max((key.hour_at for key in hours), default=0) + HOUR_S
    columns = hour_tallies.c
    names = ("observed_ms", *BLIND)
    for start in range(0, len(locations), AT_ONCE):
        some = columns.location.in_(locations[start : start + AT_ONCE])
        between = (columns.hour_at >= first_s) & (columns.hour_at < until_s)
        keys = (columns.location, columns.hour_at)
        query = select(*keys, *(total(columns[name]) for name in names)).where(some, between)
        for location, hour_at, *sums in connection.execute(query.group_by(*keys)):
            if HourKey(location, hour_at) in hours:
                found.update(dict(zip(map(name_cause, names), map(int, sums), strict=True)))
    return found


def name_cause(column: str) -> str:
    """The cause of a column, `dark` of `blind_dark_ms`; other columns have their own name."""
    is_blind = column.startswith("blind_")
    return column.removeprefix("blind_").removesuffix("_ms") if is_blind else column
