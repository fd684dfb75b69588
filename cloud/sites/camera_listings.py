"""Where the sites file lists a camera and when: a camera that moved has one entry a location.

A camera has one location at a time. Dates are local to the location; intervals are half-open.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import pairwise
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from wire.scalars import DeviceId, LocationId

_UTC: Final = ZoneInfo("UTC")


class _DatedCamera(Protocol):
    @property
    def id(self) -> DeviceId: ...
    @property
    def from_on(self) -> date | None: ...
    @property
    def until_on(self) -> date | None: ...


class _ListingSite(Protocol):
    @property
    def id(self) -> LocationId: ...
    @property
    def zone(self) -> ZoneInfo: ...
    @property
    def cameras(self) -> Sequence[_DatedCamera]: ...


@dataclass(frozen=True, slots=True)
class Listing:
    """The time for which the sites file lists a camera at a location; None is without a bound."""

    location: LocationId
    from_at: datetime | None = None
    until_at: datetime | None = None

    def overlaps(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Whether a part of the half-open interval lies in that time."""
        return (self.from_at is None or self.from_at < ends_at) and (
            self.until_at is None or starts_at < self.until_at
        )


def local_midnight(day: date, zone: ZoneInfo) -> datetime:
    """In UTC: the difference of two times of one zone is that of their clocks, not of instants."""
    return datetime.combine(day, time(), zone).astimezone(_UTC)


def listings_by_device(
    sites: Iterable[_ListingSite],
) -> Mapping[DeviceId, tuple[Listing, ...]]:
    """The listings of every camera, the earliest first."""
    found: dict[DeviceId, list[tuple[date, Listing]]] = {}
    for site in sites:
        for camera in site.cameras:
            from_on, until_on = camera.from_on, camera.until_on
            listing = Listing(
                site.id,
                None if from_on is None else local_midnight(from_on, site.zone),
                None if until_on is None else local_midnight(until_on, site.zone),
            )
            found.setdefault(camera.id, []).append((from_on or date.min, listing))
    return {
        device: tuple(listing for _, listing in sorted(dated, key=lambda pair: pair[0]))
        for device, dated in found.items()
    }


def refuse_overlapping_listings(sites: Iterable[_ListingSite]) -> None:
    """Refuse a camera that is listed at two locations for the same dates.

    Raises:
        ValueError: names the camera and both locations.
    """
    listed: dict[DeviceId, list[tuple[date, date, LocationId]]] = {}
    for site in sites:
        for camera in site.cameras:
            dates = camera.from_on or date.min, camera.until_on or date.max
            listed.setdefault(camera.id, []).append((*dates, site.id))
    for device, times in listed.items():
        for (_, until_on, before), (from_on, _, after) in pairwise(sorted(times)):
            if from_on < until_on:
                raise ValueError(
                    f"camera {device!r} is given {len(times)} times, at {before} and {after} for "
                    "the same dates: a camera that moved has `until: DATE` at its former location "
                    "and `from: DATE` at its present one"
                )
