"""The observed time that the groups of a breakdown should have, by the sites file.

A group without a location (a venue type, or an hour of all locations) is expected to have the time
of all its sites, also of those without a report. The current hour is expected up to now.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from sqlalchemy import Connection

from cloud.sites.site_model import Site
from cloud.sites.sites import Sites
from cloud.windows.breakdown import breakdown
from cloud.windows.dimensions import BreakdownFilter, Dimension, cell_interval
from cloud.windows.expected_cameras import ExpectedCameras
from wire.scalars import DeviceId

NO_CAMERAS: Final = ExpectedCameras(frozenset(), (), frozenset())
Key = Mapping[Dimension, str | datetime]


class ExpectedTime:
    """The expected time of one query and one version of the sites file."""

    def __init__(self, sites: Sites, where: BreakdownFilter, now: datetime) -> None:
        self._sites = sites
        self._where = where
        self._now = now
        self._of_site: dict[str, ExpectedCameras] = {}

    def expected_ms(self, key: Key, starts_at: datetime, ends_at: datetime) -> int:
        """Camera time that the group should have, up to now."""
        ends_at = min(ends_at, self._now)
        if ends_at <= starts_at:
            return 0
        site = self._site(key)
        device = key.get(Dimension.DEVICE)
        if device is not None:
            return self._of_device(site, str(device), starts_at, ends_at)
        if self._location(key) is not None:
            return self._cameras(site).whole_ms(starts_at, ends_at) if site else 0
        venue = key.get(Dimension.VENUE_TYPE, self._where.venue_type)
        cameras = self._whole if venue is None else self._of_venue.get(str(venue), NO_CAMERAS)
        return cameras.whole_ms(starts_at, ends_at)

    def is_listed(self, key: Key) -> bool | None:
        """Whether the sites file lists the camera of a group; None without one."""
        device = key.get(Dimension.DEVICE)
        if device is None:
            return None
        site = self._site(key)
        if site is not None:
            return str(device) in self._cameras(site).listed
        return str(device) in self._whole.listed

    def is_expected(self, key: Key, device: str) -> bool:
        """Whether a camera is expected in the interval of a group."""
        site = self._site(key)
        starts_at, ends_at = cell_interval(key, self._where)
        return self._of_device(site, device, starts_at, ends_at) > 0

    def _of_device(
        self, site: Site | None, device: str, starts_at: datetime, ends_at: datetime
    ) -> int:
        sites = self._sites if site is None else (site,)
        one = DeviceId(device)
        return sum(
            camera.expected_ms(starts_at, ends_at, each.zone)
            for each in sites
            for camera in each.cameras
            if camera.id == one
        )

    def _location(self, key: Key) -> str | None:
        location = key.get(Dimension.LOCATION, self._where.location)
        return None if location is None else str(location)

    def _site(self, key: Key) -> Site | None:
        location = self._location(key)
        if location is None or self._sites.current_id(location) not in self._sites.ids:
            return None
        return self._sites.location(location)

    def _cameras(self, site: Site) -> ExpectedCameras:
        if site.id not in self._of_site:
            self._of_site[site.id] = ExpectedCameras.of([site])
        return self._of_site[site.id]

    @cached_property
    def _whole(self) -> ExpectedCameras:
        return ExpectedCameras.of(self._sites)

    @cached_property
    def _of_venue(self) -> dict[str, ExpectedCameras]:
        venues: dict[str, list[Site]] = {}
        for site in self._sites:
            venues.setdefault(site.venue, []).append(site)
        return {venue: ExpectedCameras.of(sites) for venue, sites in venues.items()}


def group_key(key: Key) -> tuple[Any, ...]:
    """A hashable form of a group key."""
    return tuple(sorted((str(dimension), value) for dimension, value in key.items()))


def unexpected_ms(
    connection: Connection,
    where: BreakdownFilter,
    by: tuple[Dimension, ...],
    expectation: ExpectedTime,
) -> dict[tuple[Any, ...], int]:
    """By group of one location: the observed time of cameras that were not expected."""
    if where.location is None and Dimension.LOCATION not in by:
        return {}
    beside: dict[tuple[Any, ...], int] = {}
    finer = by if Dimension.DEVICE in by else (*by, Dimension.DEVICE)
    for cell in breakdown(connection, where, finer, sums=("observed_ms",)):
        key = {one: value for one, value in cell.key.items() if one in by}
        device = str(cell.key[Dimension.DEVICE])
        if not expectation.is_expected(key, device):
            group = group_key(key)
            beside[group] = beside.get(group, 0) + cell.audience.tally.observed_ms
    return beside
