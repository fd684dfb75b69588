"""What every answer of the API needs, gathered once: the context that questions come to.

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
from cloud.app.etag import TaggedResponse
from cloud.app.forecast_cache import (
    MAX_AGE_ASSUMED,
    CachedForecast,
    decode_forecast,
    encode_forecast,
    unreadable_counter,
)
from cloud.app.play_impressions import read_site_plays
from cloud.app.recent_coverage import read_recent_coverage
from cloud.app.shared_store import LocalStore, SharedStore
from cloud.forecast.forecaster import forecast_at
from cloud.lru_cache import LruCache
from cloud.pricing.rate_card import RateCard
from cloud.sales.book import read_site_market
from cloud.sites.site_model import Site
from cloud.sites.sites import Sites
from wire.clock import utc_now

log = logging.getLogger(__name__)
Clock = Callable[[], datetime]
MAX_RESPONSES: Final = 20_000
MAX_RESPONSES_BYTES: Final = 256 * 1024 * 1024


def new_response_cache() -> LruCache[TaggedResponse]:
    """An empty memory of response_cache."""
    return LruCache(MAX_RESPONSES, MAX_RESPONSES_BYTES, lambda tagged: tagged.weight)


class ForecastFailed(RuntimeError):  # noqa: N818 - reads as what happened
    """A place of which no forecast can be made; names it."""


@dataclass
class ForecastCache:
    """The latest forecast of each location; one thread makes it, the others wait for it."""

    _made: dict[str, tuple[str, CachedForecast]] = field(default_factory=dict)
    _failed: dict[str, tuple[str, datetime, str]] = field(default_factory=dict)
    _locks: dict[str, threading.Lock] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fresh(self, location: str, now: datetime, generation: str) -> CachedForecast | None:
        """The cached forecast, unless it is too old or of another generation."""
        of, made = self._made.get(location, ("", None))
        return made if made is not None and of == generation and made.is_fresh(now) else None

    def failure(self, location: str, now: datetime, generation: str) -> str | None:
        """Why no forecast could be made a moment ago, so that it is not tried for every request."""
        of, at, why = self._failed.get(location, ("", now, ""))
        return why if why and of == generation and at <= now < at + MAX_AGE_ASSUMED else None

    def fail(self, location: str, now: datetime, generation: str, why: str) -> None:
        """Remember why no forecast could be made."""
        self._failed[location] = (generation, now, why)

    def fresh_or(
        self, location: str, now: datetime, generation: str, make: Callable[[], CachedForecast]
    ) -> CachedForecast:
        """The cached forecast, or a new one."""
        with self._lock:
            lock = self._locks.setdefault(location, threading.Lock())
        with lock:
            made = self.fresh(location, now, generation)
            if made is None:
                made = make()
                self._made[location] = (generation, made)
            return made


@dataclass(frozen=True)
class AppContext:
    """Database, sites, rate card, clock, shared store, and the forecasts computed so far."""

    engine: Engine
    sites: Sites
    card: RateCard
    clock: Clock = utc_now
    shared: SharedStore = field(default_factory=LocalStore)
    forecast_cache: ForecastCache = field(default_factory=ForecastCache)
    response_cache: LruCache[TaggedResponse] = field(default_factory=new_response_cache)
    change_log: ChangeLog = field(default_factory=ChangeLog)
    unreadable: Counter = field(default_factory=unreadable_counter)

    @cached_property
    def card_digest(self) -> str:
        """The digest of the rate card, worked out once."""
        return self.card.digest

    def fresh(self, site: Site) -> CachedForecast | None:
        """The forecast of a site, if it is at hand; never waits."""
        return self.forecast_cache.fresh(site.id, self.clock(), self.change_log.generation)

    def forecast(self, site: Site) -> CachedForecast:
        """The forecast of a site as of now: cached here, cached by another process, or a new one.

        Raises:
            ForecastFailed: of this site none can be made; those of others are not affected.
        """
        now, generation = self.clock(), self.change_log.generation
        why = self.forecast_cache.failure(site.id, now, generation)
        if why is not None:
            raise ForecastFailed(why)
        try:
            return self.forecast_cache.fresh_or(
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
            self.forecast_cache.fail(site.id, now, generation, why)
            raise ForecastFailed(why) from error

    def key(self, kind: str, *of: Hashable) -> Hashable:
        """The key of an answer: with all that it depends on, nothing stale can be found by it."""
        return (kind, self.card_digest, self.change_log.generation, of)

    def read_changes(self) -> None:
        """Read which changes prices depend on were made; every program does so before it prices."""
        self.change_log.read_from(self.engine)

    def _common(self, site: Site, now: datetime, generation: str) -> CachedForecast:
        """What another process has made, or what this one makes, for all of them.

        The generation is the one from before the database was read: what was read may be newer
        than that, never older.
        """
        digest = hashlib.sha256(msgspec.json.encode(site)).hexdigest()[:12]
        name = f"made:{generation}:{site.id}:{digest}"
        held = self.shared.get(name)
        found = decode_forecast(held, self.unreadable) if held else None
        if found is not None and found.is_fresh(now):
            return found
        made = self._compute_forecast(site, now)
        theirs = decode_forecast(
            self.shared.put(name, encode_forecast(made), held, made.fresh_for), self.unreadable
        )
        return theirs if theirs is not None and theirs.is_fresh(now) else made

    def _compute_forecast(self, site: Site, now: datetime) -> CachedForecast:
        with database.reading(self.engine) as connection:
            known = read_site_plays(connection, site, now)
            book = read_site_market(connection, site, now)
            said = forecast_at(connection, site, now)
            seen = read_recent_coverage(connection, site, now)
        return CachedForecast(now, said, known, book, seen)
