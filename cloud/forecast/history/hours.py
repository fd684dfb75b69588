"""Measured hours of a site as columns: thirty weeks are five thousand rows, read at once.

Only hours in which a camera observed something are here; the others are missing, not zero. Sums of
a partly observed hour are scaled to the full hour of each camera; hours observed for less than half
do not count for the shape of a week. Hours are those of the site's clock, also where its offset is
not a whole number of hours. A row with a negative or absent sum counts as not observed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from cloud.database import EPOCH, hour_tallies
from cloud.forecast.history.cameras import (
    HOUR_MS,
    CameraExpectation,
    CameraHours,
    CombinedHours,
    Weights,
    combine_cameras,
    find_usual_optional,
)
from cloud.forecast.series import Floats
from cloud.sites.site_model import Site
from cloud.windows.local_hours import has_whole_hours, local_hour_sums
from cloud.windows.query import HourRow

Integers = NDArray[np.int64]
HOUR_S: Final = 3600
DAY_S: Final = 86_400
ENOUGH_SHARE: Final = 0.5
SUMS: Final = ("observed_ms", "person_ms", "entries", "onlookers", "looking_ms")


class Measures(NamedTuple):
    """One hour: average people in view, people entering, people who looked, attention seconds."""

    crowd: float
    entries: float
    onlookers: float
    attention_s: float


@dataclass(frozen=True, slots=True)
class ObservedHours:
    """Observed hours of one site. `full` is (measures, hours), as if all of each had been observed.

    `estimated` is the share of each hour's entries that is estimated for missing cameras, or None.
    """

    starts_s: Integers
    share: Floats
    full: Floats
    estimated: Floats | None = None

    @classmethod
    def of_cameras(
        cls, cameras: CameraHours, expected: CameraExpectation, weights: Weights
    ) -> "ObservedHours":
        """From the hours of each camera; `weights` are those of `usual_weights`."""
        if not cameras.devices:
            return cls(cameras.starts_s, np.empty(0), np.empty((len(SUMS) - 1, 0)))
        if len(cameras.devices) == 1 and not expected.required - set(cameras.devices):
            return cls(cameras.starts_s, cameras.observed[0], cameras.full[:, 0])
        found: CombinedHours = combine_cameras(cameras, expected, weights)
        return cls(cameras.starts_s, found.share, found.full, found.estimated)

    @classmethod
    def counted(
        cls, starts_s: Integers, cameras: Integers, sums: NDArray[np.float64]
    ) -> "ObservedHours":
        """From the cameras of each hour and its sums, in the order of SUMS."""
        observed_ms, person_ms, entries, onlookers, looking_ms = sums
        share = np.minimum(1.0, observed_ms / (HOUR_MS * cameras))
        full = np.stack(
            [person_ms / observed_ms, entries / share, onlookers / share, looking_ms / 1000 / share]
        )
        return cls(starts_s, share, full)

    @classmethod
    def of(cls, rows: Sequence[HourRow]) -> "ObservedHours":
        """From rows, in each of which something was observed."""
        seconds = [(row.hour_at - EPOCH).total_seconds() for row in rows]
        sums = [[getattr(row, name) for row in rows] for name in SUMS]
        return cls.counted(
            np.array(seconds, dtype=np.int64),
            np.array([row.cameras for row in rows], dtype=np.int64),
            np.array(sums, dtype=np.float64).reshape(len(SUMS), len(rows)),
        )

    def __len__(self) -> int:
        return int(self.starts_s.size)

    def only(self, chosen: NDArray[np.bool_]) -> "ObservedHours":
        """The hours that are chosen."""
        estimated = None if self.estimated is None else self.estimated[chosen]
        return ObservedHours(
            self.starts_s[chosen], self.share[chosen], self.full[:, chosen], estimated
        )

    def before(self, instant: datetime) -> "ObservedHours":
        """The hours that began before an instant."""
        return self.only(self.starts_s < (instant - EPOCH).total_seconds())

    def only_representative(self) -> "ObservedHours":
        """The hours that were observed long enough to count for the shape of a week."""
        return self.only(self.share >= ENOUGH_SHARE)

    def on_clock(self, zone: ZoneInfo) -> Integers:
        """Hours of the local clock since the midnight that began 1970."""
        days, which = np.unique(self.starts_s // DAY_S, return_inverse=True)
        opening = np.array([_offset_s(int(day) * DAY_S, zone) for day in days], dtype=np.int64)
        closing = np.array(
            [_offset_s(int(day) * DAY_S + DAY_S - HOUR_S, zone) for day in days], dtype=np.int64
        )
        offset_s = opening[which]
        for at in np.flatnonzero((opening != closing)[which]):
            offset_s[at] = _offset_s(int(self.starts_s[at]), zone)
        local: Integers = (self.starts_s + offset_s) // HOUR_S
        return local


def find_expected_cameras(site: Site, day: date) -> CameraExpectation:
    """The cameras of a site on a local day, by the dates of the sites file."""
    valid = [
        camera
        for camera in site.cameras
        if (camera.from_on is None or camera.from_on <= day)
        and (camera.until_on is None or day < camera.until_on)
    ]
    return CameraExpectation(
        required=frozenset(camera.id for camera in valid if not camera.optional),
        counted=frozenset(camera.id for camera in valid),
    )


def read_camera_hours(
    connection: Connection, site: Site, *, since_at: datetime, until_at: datetime
) -> CameraHours:
    """The observed local hours of each camera of a site that begin in the stretch, oldest first."""
    if has_whole_hours(site.zone, since_at, until_at):
        rows: Sequence[Any] = _utc_hours(connection, site.id, since_at, until_at)
    else:
        rows = local_hour_sums(
            connection, site.id, site.zone, since_at=since_at, until_at=until_at, names=SUMS
        )
    return _by_camera(rows)


def read_hours(
    connection: Connection,
    site: Site,
    *,
    since_at: datetime,
    until_at: datetime,
    weights: Weights | None = None,
) -> ObservedHours:
    """The observed local hours of a site, with its usual cameras when the stretch ends."""
    cameras = read_camera_hours(connection, site, since_at=since_at, until_at=until_at)
    expected = find_expected_cameras(site, until_at.astimezone(site.zone).date())
    expected = expected.with_usual(find_usual_optional(cameras, expected))
    return ObservedHours.of_cameras(cameras, expected, weights or {})


def _utc_hours(
    connection: Connection, location: str, since_at: datetime, until_at: datetime
) -> Sequence[Any]:
    hours = hour_tallies.c
    query = (
        select(hours.hour_at, hours.device, *(hours[name] for name in SUMS))
        .where(
            hours.location == location,
            hours.hour_at >= int((since_at - EPOCH).total_seconds()),
            hours.hour_at < int((until_at - EPOCH).total_seconds()),
        )
        .order_by(hours.hour_at)
    )
    return connection.execute(query).all()


def _by_camera(rows: Sequence[Any]) -> CameraHours:
    """Rows (start, device, sums) in the order of their hours, laid out by camera."""
    starts, devices, *cells = list(zip(*rows, strict=True)) or [()] * (2 + len(SUMS))
    sums = np.array(cells, dtype=np.float64).reshape(len(SUMS), -1)
    valid = (sums >= 0).all(axis=0) & (sums[0] > 0)
    starts_s, hour = np.unique(np.array(starts, dtype=np.int64)[valid], return_inverse=True)
    names = sorted(set(devices))
    number = {name: at for at, name in enumerate(names)}
    camera = np.fromiter(map(number.__getitem__, devices), np.int64, len(devices))[valid]
    observed = np.zeros((len(names), starts_s.size))
    full = np.zeros((len(SUMS) - 1, len(names), starts_s.size))
    observed[camera, hour] = np.minimum(1.0, sums[0, valid] / HOUR_MS)
    for at, values in enumerate(_in_full(sums[:, valid])):
        full[at, camera, hour] = values
    return CameraHours(starts_s, tuple(names), observed, full)


def _in_full(sums: Floats) -> Iterator[Floats]:
    """Each measure as if the camera had observed all of the hour."""
    observed_ms, person_ms, entries, onlookers, looking_ms = sums
    share = np.minimum(1.0, observed_ms / HOUR_MS)
    yield person_ms / observed_ms
    yield entries / share
    yield onlookers / share
    yield looking_ms / 1000 / share


def _offset_s(instant_s: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(instant_s, zone).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0
