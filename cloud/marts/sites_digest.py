"""A digest of what the rows of one day take from the sites file.

Days with the same digest have the same hours and loops of locations and the same former ids, so a
change of the file changes the digest of the affected days only. Names and prices are no part of it.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from cloud.sites.site_model import Site

ONE_DAY: Final = timedelta(days=1)
CameraDays = tuple[str, int, int]
"""A location, and from when until when a camera is expected there: days from the UTC day."""


class SitesDigest:
    """The digests of one sites file."""

    def __init__(self, sites: Iterable[Site]) -> None:
        """Read what is the same on every day once."""
        listed = sorted(sites, key=lambda site: site.id)
        self._locations = [
            (site.id, site.timezone, sorted(site.formerly), site.loop.length_s, site.loop.spot_s)
            for site in listed
        ]
        cameras = [
            (site.id, camera.from_on, camera.until_on)
            for site in listed
            for camera in site.cameras
            if not camera.optional
        ]
        self._always: list[CameraDays] = [
            (location, -1, 2) for location, *dates in cameras if not any(dates)
        ]
        self._dated = [
            (location, from_on or date.min, until_on or date.max)
            for location, from_on, until_on in cameras
            if from_on or until_on
        ]
        self._digests: dict[tuple[CameraDays, ...], str] = {}

    def of_day(self, day: date) -> str:
        """The digest of a UTC day, in which local midnights of it and of the next day can lie."""
        first, last = day - ONE_DAY, day + 2 * ONE_DAY
        dated = tuple(
            (location, (max(from_on, first) - day).days, (min(until_on, last) - day).days)
            for location, from_on, until_on in self._dated
            if from_on < last and until_on > first
        )
        if dated not in self._digests:
            expected = sorted([*self._always, *dated])
            self._digests[dated] = digest_values(self._locations, expected)
        return self._digests[dated]


def digest_values(*values: object) -> str:
    """The SHA-256 of values that JSON can express."""
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()
