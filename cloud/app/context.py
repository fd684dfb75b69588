"""The context of every answer of the API: database, sites, rate card, clock and caches.

A forecast is cached for a quarter of an hour, or for a minute while it is based on assumptions,
since the first measured hours change it most. A new generation invalidates both at once. What is
taken of the slots is at most a second old, since it changes with every booking. The clock is read
here and nowhere below.
"""

import hashlib
import logging
import threading
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Final

import msgspec
from cryptography.x509 import Certificate
from prometheus_client import Counter
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from cloud import database
from cloud.app.booking_cache import BookingCache
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
from cloud.app.shared.shared_store import LocalStore, SharedStore
from cloud.booking.orders.policy import BookingPolicy, load_booking_policy
from cloud.forecast.forecaster import forecast_at
from cloud.ingest.retail.master_data import MasterDataCache
from cloud.ingest.retail.rules import read_ingest_rules
from cloud.lake.catalogue.cached_catalogue import LakeCatalogue
from cloud.lru_cache import LruCache
from cloud.pricing.rate_card import RateCard
from cloud.products.open_lake import ServedProducts
from cloud.receipts.signing_keys import LogKeys
from cloud.sales.book import read_site_market
from cloud.sites.site_model import Site
from cloud.sites.sites import Sites
from wire.clock import utc_now

log = logging.getLogger(__name__)
Clock = Callable[[], datetime]
MAX_RESPONSES: Final = 20_000
MAX_RESPONSES_BYTES: Final = 256 * 1024 * 1024


def new_response_cache() -> LruCache[TaggedResponse]:
    """An empty cache of responses."""
    return LruCache(MAX_RESPONSES, MAX_RESPONSES_BYTES, lambda tagged: tagged.weight)


class ForecastFailed(RuntimeError):  # noqa: N818 - reads as what happened
    """No forecast can be computed for a location; the message names it."""


@dataclass
class ForecastCache:
    """The latest forecast of each location; one thread computes it, the others wait for it."""

    _made: dict[str, tuple[str, CachedForecast]] = field(default_factory=dict)
    _failed: dict[str, tuple[str, datetime, str]] = field(default_factory=dict)
    _locks: dict[str, threading.Lock] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fresh(self, location: str, now: datetime, generation: str) -> CachedForecast | None:
        """The cached forecast, unless it is too old or of another generation."""
        of, made = self._made.get(location, ("", None))
        return made if made is not None and of == generation and made.is_fresh(now) else None

    def failure(self, location: str, now: datetime, generation: str) -> str | None:
        """The reason of a recent failure, so that not every request computes the forecast again."""
        of, at, why = self._failed.get(location, ("", now, ""))
        return why if why and of == generation and at <= now < at + MAX_AGE_ASSUMED else None

    def fail(self, location: str, now: datetime, generation: str, why: str) -> None:
        """Store why no forecast could be computed."""
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
    booking_cache: BookingCache = field(default_factory=BookingCache)
    response_cache: LruCache[TaggedResponse] = field(default_factory=new_response_cache)
    change_log: ChangeLog = field(default_factory=ChangeLog)
    booking_policy: BookingPolicy = field(default_factory=load_booking_policy)
    receipt_keys: LogKeys | None = None
    receipt_roots: tuple[Certificate, ...] = ()
    lake_catalogue: LakeCatalogue = field(default_factory=LakeCatalogue)
    served_products: ServedProducts = field(default_factory=ServedProducts)
    unreadable: Counter = field(default_factory=unreadable_counter)

    @cached_property
    def price_master_data(self) -> MasterDataCache:
        """What price points of shops are checked against."""
        return MasterDataCache(self.engine, read_ingest_rules(), self.clock)

    @cached_property
    def card_digest(self) -> str:
        """The digest of the rate card, computed once."""
        return self.card.digest

    def fresh(self, site: Site) -> CachedForecast | None:
        """The cached forecast of a site, or None; never waits."""
        now = self.clock()
        made = self.forecast_cache.fresh(site.id, now, self.change_log.generation)
        taken = self.booking_cache.fresh(site, now)
        return None if made is None or taken is None else _with_taken(made, taken)

    def forecast(self, site: Site) -> CachedForecast:
        """The forecast of a site as of now: cached here, cached by another process, or a new one.

        Raises:
            ForecastFailed: it cannot be computed for this site; other sites are not affected.
        """
        now, generation = self.clock(), self.change_log.generation
        why = self.forecast_cache.failure(site.id, now, generation)
        if why is not None:
            raise ForecastFailed(why)
        try:
            made = self.forecast_cache.fresh_or(
                site.id, now, generation, lambda: self._common(site, now, generation)
            )
            return _with_taken(made, self.booking_cache.read(self.engine, site, now))
        except SQLAlchemyError:  # a failure of the database concerns every site
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
        """The cache key of an answer: it has everything that the answer depends on."""
        return (kind, self.card_digest, self.change_log.generation, of)

    def read_changes(self) -> None:
        """Read the changes that prices depend on; every program does so before it prices."""
        self.change_log.read_from(self.engine)

    def _common(self, site: Site, now: datetime, generation: str) -> CachedForecast:
        """The forecast of another process, or a new one that is stored for all of them.

        The generation is that of before the database was read: the data may be newer than the
        generation, never older.
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
            plays = read_site_plays(connection, site, now)
            book = read_site_market(connection, site, now)
            forecast = forecast_at(connection, site, now)
            coverage = read_recent_coverage(connection, site, now)
        return CachedForecast(now, forecast, plays, book, coverage)


def _with_taken(made: CachedForecast, taken: Mapping[int, int]) -> CachedForecast:
    if made.book.taken == taken:
        return made
    return replace(made, book=replace(made.book, taken=taken))
