"""Which camera belongs to which location, as the sites file says now.

A camera that is added to the file is known within seconds; see `cloud.estate_reload`.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from cloud.estate import Estate
from cloud.estate_reload import SitesFile
from wire.scalars import DeviceId, LocationId


class Membership:
    """The cameras of one sites file; refuses to start with a file that cannot be read."""

    def __init__(self, path: Path, *, steady_clock: Callable[[], float] = time.monotonic) -> None:
        self._file = SitesFile(path, steady_clock=steady_clock)
        self._venues: tuple[Estate | None, Mapping[str, str]] = (None, {})

    @property
    def estate(self) -> Estate:
        """The sites in force."""
        return self._file.estate

    def knows(self, location: LocationId, device: DeviceId) -> bool:
        """Whether that camera is one of that location's, by its present or a former id."""
        return self._file.estate.knows(location, device)

    @property
    def venues(self) -> Mapping[str, str]:
        """Location → venue type; another mapping whenever the file has changed."""
        estate = self._file.estate
        if estate is not self._venues[0]:
            self._venues = estate, {site.id: site.venue for site in estate}
        return self._venues[1]
