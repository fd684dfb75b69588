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


class SitesDigest:
    """The digests of one sites file."""

    def __init__(self, sites: Iterable[Site]) -> None:
        """Read what is the same on every day once."""
        listed = sorted(sites, key=lambda site: site.id)
        self._locations = [
            (site.id, site.timezone, sorted(site.formerly), site.loop.length_s, site.loop.spot_s)
            for site in listed
        ]
        self._cameras = [
            (site.id, camera.from_on or date.min, camera.until_on or date.max)
            for site in listed
            for camera in site.cameras
            if not camera.optional
        ]

    def of_day(self, day: date) -> str:
        """The digest of a UTC day, in which local midnights of it and of the next day can lie."""
        first, last = day - ONE_DAY, day + 2 * ONE_DAY
        expected = sorted(
            (location, (max(from_on, first) - day).days, (min(until_on, last) - day).days)
            for location, from_on, until_on in self._cameras
            if from_on < last and until_on > first
        )
        return digest_values(self._locations, expected)


def digest_values(*values: object) -> str:
    """The SHA-256 of values that JSON can express."""
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()
