"""What is taken of the slots of each site, read again after a second.

A booking checks the database itself, in its transaction: this is for prices and their `free`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine

from cloud import database
from cloud.booking.taken import read_taken
from cloud.sites.site_model import Site

MAX_AGE: Final = timedelta(seconds=1)


@dataclass
class BookingCache:
    """The taken positions of each site; several threads may read the same at once."""

    _read: dict[str, tuple[datetime, Mapping[int, int]]] = field(default_factory=dict)

    def fresh(self, site: Site, now: datetime) -> Mapping[int, int] | None:
        """What was read within a second, or None; no I/O."""
        at, taken = self._read.get(site.id, (now, None))
        return taken if at <= now < at + MAX_AGE else None

    def read(self, engine: Engine, site: Site, now: datetime) -> Mapping[int, int]:
        """The same, or what the database has now."""
        taken = self.fresh(site, now)
        if taken is None:
            with database.reading(engine) as connection:
                taken = read_taken(connection, site, now, now)
            self._read[site.id] = now, taken
        return taken

    def clear(self) -> None:
        """Read every site again at the next call, since this process has changed some."""
        self._read.clear()
