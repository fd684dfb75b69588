"""The camera time of a campaign's booked hours: observed, unobserved by cause, and not reported.

The expected time is that of the cameras that the sites file lists then. Time without any report is
a figure of its own: nobody knows why, and it is not zero. What another camera observed is added to
both sides, so that it does not hide that one is missing.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
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
BESIDE: Final = "beside_ms"


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
    cameras = dict(_find_cameras(sites, {key.location for key in hours}))
    sums = _sum_reports(connection, hours, cameras)
    return CampaignObservation(
        expected_ms=_sum_expected(cameras, hours, now) + sums.pop(BESIDE, 0),
        observed_ms=sums.pop("observed_ms", 0),
        unobserved_ms={name: ms for name, ms in sorted(sums.items()) if ms},
    )


def _find_cameras(sites: Sites, locations: Iterable[str]) -> Iterator[tuple[str, ExpectedCameras]]:
    """The expected cameras of each location that the sites file has."""
    for location in locations:
        with suppress(UnknownLocation):
            yield location, ExpectedCameras.of([sites.location(location)])


def _sum_expected(
    cameras: Mapping[str, ExpectedCameras], hours: Iterable[HourKey], now: datetime
) -> int:
    return sum(
        cameras[key.location].whole_ms(starts_at, min(ends_at, now))
        for key in hours
        if key.location in cameras
        for starts_at, ends_at in (_span(key),)
    )


def _sum_reports(
    connection: Connection, hours: Collection[HourKey], cameras: Mapping[str, ExpectedCameras]
) -> Counter[str]:
    """Observed time as `observed_ms`, that of unexpected cameras also as `BESIDE`, and unobserved
    time of expected cameras by its cause.
    """
    found: Counter[str] = Counter()
    for key, device, sums in _read_reports(connection, hours):
        expected = cameras.get(key.location)
        if expected is not None and expected.expects(device, *_span(key)):
            found.update(sums)
        else:
            found.update({"observed_ms": sums["observed_ms"], BESIDE: sums["observed_ms"]})
    return found


def _read_reports(
    connection: Connection, hours: Collection[HourKey]
) -> Iterator[tuple[HourKey, str, dict[str, int]]]:
    """The observed time, and that of each cause, of each camera and hour."""
    locations = sorted({key.location for key in hours})
    first_s = min((key.hour_at for key in hours), default=0)
    until_s = max((key.hour_at for key in hours), default=0) + HOUR_S
    columns = hour_tallies.c
    names = ("observed_ms", *BLIND)
    for start in range(0, len(locations), AT_ONCE):
        some = columns.location.in_(locations[start : start + AT_ONCE])
        between = (columns.hour_at >= first_s) & (columns.hour_at < until_s)
        keys = (columns.location, columns.hour_at, columns.device)
        query = select(*keys, *(total(columns[name]) for name in names)).where(some, between)
        for location, hour_at, device, *sums in connection.execute(query.group_by(*keys)):
            if (key := HourKey(location, hour_at)) in hours:
                yield key, device, dict(zip(map(name_cause, names), map(int, sums), strict=True))


def _span(key: HourKey) -> tuple[datetime, datetime]:
    starts_at = EPOCH + timedelta(seconds=key.hour_at)
    return starts_at, starts_at + timedelta(seconds=HOUR_S)


def name_cause(column: str) -> str:
    """The cause of a column, `dark` of `blind_dark_ms`; other columns have their own name."""
    is_blind = column.startswith("blind_")
    return column.removeprefix("blind_").removesuffix("_ms") if is_blind else column
