"""Which camera belongs to which location, by the sites file in force.

A camera that is added to the file is recognised within seconds; see `cloud.sites.reload`.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cloud.ingest.plausibility import PEOPLE_PER_CAMERA, PEOPLE_PER_SECOND, ValidationRules
from cloud.sites.camera_listings import Listing
from cloud.sites.reload import SitesFile
from cloud.sites.sites import Sites
from wire.scalars import DeviceId, LocationId


class Membership:
    """The cameras of one sites file; refuses to start with a file that cannot be read."""

    def __init__(self, path: Path, *, steady_clock: Callable[[], float] = time.monotonic) -> None:
        self._file = SitesFile(path, steady_clock=steady_clock)
        self._venues: tuple[Sites | None, Mapping[str, str]] = (None, {})

    @property
    def sites(self) -> Sites:
        """The sites in force."""
        return self._file.sites

    def is_listed(self, location: LocationId, device: DeviceId) -> bool:
        """Whether that camera is one of that location's, by its present or a former id."""
        return self._file.sites.is_listed(location, device)

    def current_id(self, location: LocationId) -> LocationId:
        """The present id of a location that had another."""
        return self._file.sites.current_id(location)

    def people(self, location: LocationId, device: DeviceId) -> int | None:
        """How many people the camera can see at once, where the sites file says so."""
        return self._file.sites.people(location, device)

    def listings(self, device: DeviceId) -> Sequence[Listing]:
        """Where the sites file lists the camera, and when."""
        return self._file.sites.listings(device)

    def rules(
        self, people_per_camera: int | None = None, people_per_second: int | None = None
    ) -> ValidationRules:
        """The validation rules for the cameras of this file; they follow its changes."""
        return ValidationRules(
            people_per_camera=people_per_camera or PEOPLE_PER_CAMERA,
            people_per_second=people_per_second or PEOPLE_PER_SECOND,
            current_id=self.current_id,
            people=self.people,
            listings=self.listings,
        )

    @property
    def venues(self) -> Mapping[str, str]:
        """Location → venue type; another mapping whenever the file has changed."""
        sites = self._file.sites
        if sites is not self._venues[0]:
            self._venues = sites, {site.id: site.venue for site in sites}
        return self._venues[1]
