"""Who belongs to the estate, as the file says now: a camera that is added is known within seconds.

The file is read again when it has changed. One that cannot be read any more changes nothing and is
complained of once, because half the estate must not fall silent over a slip in an editor.
"""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cloud.estate import Estate, EstateError, load
from wire.scalars import DeviceId, LocationId

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 2.0


class Membership:
    """The estate of one file; refuses to begin with a file that cannot be read."""

    def __init__(self, path: Path, *, steady_clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = steady_clock
        self._seen = self._signature()
        self._read(load(path))
        self._look_at = steady_clock() + LOOK_EVERY_S

    def knows(self, location: LocationId, device: DeviceId) -> bool:
        """Whether that camera is one of that location's; looks at the file now and then."""
        if self._clock() >= self._look_at:
            self._look_at = self._clock() + LOOK_EVERY_S
            self._look()
        return self._estate.knows(location, device)

    def _look(self) -> None:
        signature = self._signature()
        if signature == self._seen:
            return
        self._seen = signature
        try:
            self._read(load(self._path))
        except EstateError as error:
            log.error("estate.unreadable", extra={"reason": str(error)})  # the old one stays
        else:
            log.info("estate.read", extra={"locations": len(self._estate)})

    def _read(self, estate: Estate) -> None:
        self._estate = estate
        self.venues: dict[str, str] = {site.id: site.venue for site in estate}
        """Location → venue type; another mapping whenever the file has changed."""

    def _signature(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
