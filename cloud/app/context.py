"""What every answer of the API needs, gathered once: the desk that questions come to.

Hard truth: a forecast is remembered for a quarter of an hour, one that still rests on assumptions
for a minute, since the first measured hours move it most; a new generation ends both at once. The
clock is read here and nowhere below.
"""

import hashlib
import logging
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Final

import msgspec
from prometheus_client import Counter
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from cloud import database
from cloud.app.change_log import ChangeLog
from cloud.app.etag import Tagged
from cloud.app.forecast_cache import FRESH_ASSUMED, Made, packed, unpacked, unread_counter
from cloud.app.play_impressions import plays
from cloud.app.recent_coverage import observed
from cloud.app.shared_store import Alone, Shared
from cloud.estate import Estate, Site
from cloud.forecast.forecaster import forecast_at
from cloud.lru_cache import Memory
from cloud.pricing.rate_card import RateCard
from cloud.sales.book import read_book
from wire.clock import utc_now

log = logging.getLogger(__name__)
Clock = Callable[[], datetime]
ANSWERS: Final = 20_000
ANSWERS_BYTES: Final = 256 * 1024 * 1024


def new_answers() -> Memory[Tagged]:
    """An empty memory of answers."""
    return Memory(ANSWERS, ANSWERS_BYTES, lambda tagged: tagged.weight)


class ForecastFailed(RuntimeError):  # noqa: N818 - reads as what happened
    """A place of which no forecast can be made; names it."""


@dataclass
class Shelf:
    """The latest forecast of each location; one thread makes it, the others wait for it."""

    _made: dict[str, tuple[str, Made]] = field(default_factory=dict)
    _failed: dict[str, tuple[str, datetime, str]] = field(default_factory=dict)
    _locks: dict[str, threading.Lock] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fresh(self, location: str, now: datetime, generation: str) -> Made | None:
        """The forecast on the shelf, unless it is too old or of another generation."""
        of, made = self._made.get(location, ("", None))
        return made if made is not None and of == generation and made.is_fresh(now) else None

    def failure(self, location: str, now: datetime, generation: str) -> str | None:
        """Why no forecast could be made a moment ago, so that it is not tried for every request."""
        of, at, why = self._failed.get(location, ("", now, ""))
        return why if why and of == generation and at <= now < at + FRESH_ASSUMED else None

    def fail(self, location: str, now: datetime, generation: str, why: str) -> None:
        """Remember why no forecast could be made."""
        self._failed[location] = (generation, now, why)

    def fresh_or(
        self, location: str, now: datetime, generation: str, make: Callable[[], Made]
    ) -> Made:
        """The forecast on the shelf, or a new one."""
        with self._lock:
            lock = self._locks.setdefault(location, threading.Lock())
        with lock:
            made = self.fresh(location, now, generation)
            if made is None:
                made = make()
                self._made[location] = (generation, made)
            return made


@dataclass(frozen=True)
class Desk:
    """Database, estate, rate card, clock, what is shared, and the forecasts made so far."""

    engine: Engine
    estate: Estate
    card: RateCard
    clock: Clock = utc_now
    shared: Shared = field(default_factory=Alone)
    shelf: Shelf = field(default_factory=Shelf)
    answers: Memory[Tagged] = field(default_factory=new_answers)
    changes: ChangeLog = field(default_factory=ChangeLog)
    unread: Counter = field(default_factory=unread_counter)

    @cached_property
    def card_digest(self) -> str:
        """The digest of the rate card, worked out once."""
        return self.card.digest

    def fresh(self, site: Site) -> Made | None:
        """The forecast of a site, if it is at hand; never waits."""
        return self.shelf.fresh(site.id, self.clock(), self.changes.generation)

    def forecast(self, site: Site) -> Made:
        """The forecast of a site as of now: from the shelf, from another process, or a new one.

        Raises:
            ForecastFailed: of this site none can be made; those of others are not affected.
        """
        now, generation = self.clock(), self.changes.generation
        why = self.shelf.failure(site.id, now, generation)
        if why is not None:
            raise ForecastFailed(why)
        try:
            return self.shelf.fresh_or(
                site.id, now, generation, lambda: self._common(site, now, generation)
            )
        except SQLAlchemyError:  # of the database, and so of every place
            raise
        except Exception as error:
            log.exception("forecast.failed", extra={"location": site.id})
            why = (
                f"no forecast can be made of {site.id} ({type(error).__name__}: {error}): correct "
                "its entry in the sites file, or look the fault up in the log"
            )
            self.shelf.fail(site.id, now, generation, why)
            raise ForecastFailed(why) from error

    def key(self, kind: str, *of: Hashable) -> Hashable:
        """The key of an answer: with all that it depends on, nothing stale can be found by it."""
        return (kind, self.card_digest, self.changes.generation, of)

    def hear(self) -> None:
        """Read which changes prices depend on were made; every program does so before it prices."""
        self.changes.read_from(self.engine)

    def _common(self, site: Site, now: datetime, generation: str) -> Made:
        """What another process has made, or what this one makes, for all of them.

        The generation is the one from before the database was read: what was read may be newer
        than that, never older.
        """
        told = hashlib.sha256(msgspec.json.encode(site)).hexdigest()[:12]
        name = f"made:{generation}:{site.id}:{told}"
        held = self.shared.recall(name)
        found = unpacked(held, self.unread) if held else None
        if found is not None and found.is_fresh(now):
            return found
        made = self._made(site, now)
        theirs = unpacked(self.shared.keep(name, packed(made), held, made.fresh_for), self.unread)
        return theirs if theirs is not None and theirs.is_fresh(now) else made

    def _made(self, site: Site, now: datetime) -> Made:
        with database.reading(self.engine) as connection:
            known = plays(connection, site, now)
            book = read_book(connection, site, now)
            said = forecast_at(connection, site, now)
            seen = observed(connection, site, now)
        return Made(now, said, known, book, seen)
