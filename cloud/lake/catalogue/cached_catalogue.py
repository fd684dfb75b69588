"""The catalogue of the lake, for the API: read at most once a minute.

The libraries of the lake take half a second and tens of megabytes to load, so a process whose
catalogue nobody asks for does not load them.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import Engine

if TYPE_CHECKING:
    from cloud.lake.catalogue.facts import TableFacts

MAX_AGE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class CatalogueRead:
    """What was read of all tables, and when."""

    tables: Sequence["TableFacts"]
    read_at: datetime


@dataclass
class LakeCatalogue:
    """The catalogue of one lake; without an address this process has no lake."""

    address: str | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _read: CatalogueRead | None = None

    def read(self, engine: Engine, now: datetime) -> CatalogueRead | None:
        """The facts of every table without profiles; None where no lake is configured.

        Raises:
            OSError: the storage cannot be opened.
        """
        if self.address is None:
            return None
        with self._lock:
            if self._read is None or not self._read.read_at <= now < self._read.read_at + MAX_AGE:
                self._read = CatalogueRead(_read_tables(self.address, engine), now)
            return self._read


def _read_tables(address: str, engine: Engine) -> list["TableFacts"]:
    from cloud.lake.catalogue.facts import read_facts
    from cloud.lake.lake import Lake
    from cloud.lake.registry import all_tables
    from cloud.lake.storage import open_storage

    return read_facts(Lake(open_storage(address), engine), all_tables(), with_profiles=False)
