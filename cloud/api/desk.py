"""What every answer of the API needs, gathered once: the desk that questions come to.

Hard truth: a forecast is remembered for a quarter of an hour, one that still rests on assumptions
for a minute, since the first measured hours move it most. The clock is read here and nowhere below.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Final

from sqlalchemy import Engine

from cloud import database
from cloud.api.memory import Memory
from cloud.api.plays import Plays, plays
from cloud.api.tag import Tagged
from cloud.estate import Estate, Site
from cloud.forecast.days import public_holidays
from cloud.forecast.hours import read_hours
from cloud.forecast.outlook import HISTORY, Forecast, forecast
from cloud.forecast.store import stored_week
from cloud.pricing.rate_card import RateCard
from cloud.sales.book import Book, read_book

Clock = Callable[[], datetime]
ANSWERS: Final = 20_000
FRESH: Final = timedelta(minutes=15)
FRESH_ASSUMED: Final = timedelta(minutes=1)


def utc_now() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Made:
    """A forecast, what a play is worth there, what the sales floor knows, and as of when."""

    at: datetime
    forecast: Forecast
    plays: Plays
    book: Book

    def is_fresh(self, now: datetime) -> bool:
        """Whether it may still be used."""
        fresh = FRESH if self.forecast.basis == "measured" else FRESH_ASSUMED
        return self.at <= now < self.at + fresh


@dataclass
class Shelf:
    """The latest forecast of each location; one thread makes it, the others wait for it."""

    _made: dict[str, Made] = field(default_factory=dict)
    _locks: dict[str, threading.Lock] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fresh(self, location: str, now: datetime) -> Made | None:
        """The forecast on the shelf, unless it is too old."""
        made = self._made.get(location)
        return made if made is not None and made.is_fresh(now) else None

    def fresh_or(self, location: str, now: datetime, make: Callable[[], Made]) -> Made:
        """The forecast on the shelf, or a new one."""
        with self._lock:
            lock = self._locks.setdefault(location, threading.Lock())
        with lock:
            made = self.fresh(location, now)
            if made is None:
                made = self._made[location] = make()
            return made


@dataclass(frozen=True)
class Desk:
    """Database, estate, rate card, clock, and the forecasts made so far."""

    engine: Engine
    estate: Estate
    card: RateCard
    clock: Clock = utc_now
    shelf: Shelf = field(default_factory=Shelf)
    answers: Memory[Tagged] = field(default_factory=lambda: Memory(ANSWERS))

    @cached_property
    def card_digest(self) -> str:
        """The digest of the rate card, worked out once."""
        return self.card.digest

    def forecast(self, site: Site) -> Made:
        """The forecast of a site as of now; reads the database when there is none on the shelf."""
        now = self.clock()
        return self.shelf.fresh_or(site.id, now, lambda: self._made(site, now))

    def _made(self, site: Site, now: datetime) -> Made:
        with database.reading(self.engine) as connection:
            hours = read_hours(connection, site.id, since_at=now - HISTORY, until_at=now)
            known = plays(connection, site, now)
            book = read_book(connection, site, now)
            night = stored_week(connection, site.id, now.astimezone(site.zone).date())
        holidays = public_holidays(site.holidays, now.year - 1, now.year + 2)
        said = forecast(site, hours, at=now, holidays=holidays, night=night)
        return Made(now, said, known, book)
