"""Forecasts and request counts that several API processes share.

Without Redis each process has its own; with Redis (`redis_store.py`) all of them share one store.
Every stored value can be computed again: losing one costs time and counts, never an answer. Values
of an older generation are not used any more: see `change_log.py`.
"""

from datetime import datetime, timedelta
from typing import Final, Protocol

from cloud.auth.quota import Quota, QuotaDecision, RateMeter
from cloud.lru_cache import LruCache

MAX_CALLERS: Final = 10_000


class SharedStore(Protocol):
    """Stored bytes and request counts. Every call except `take` may block."""

    def get(self, key: str) -> bytes | None:
        """The value that another process has stored."""

    def put(self, key: str, value: bytes, replaces: bytes | None, for_: timedelta) -> bytes:
        """Store a value in place of `replaces`; returns the value of a process that was quicker."""

    async def take(self, caller: str, quota: Quota, now: datetime) -> QuotaDecision:
        """Count one request of a caller."""

    def close(self) -> None:
        """Close connections."""


class LocalStore:
    """The store of one process: there is no other to share with."""

    def __init__(self) -> None:
        self._meters: LruCache[RateMeter] = LruCache(MAX_CALLERS)

    def get(self, key: str) -> bytes | None:
        """None: no other process stores values."""
        return None

    def put(self, key: str, value: bytes, replaces: bytes | None, for_: timedelta) -> bytes:
        """The value itself: there is no other process to share it with."""
        return value

    async def take(self, caller: str, quota: Quota, now: datetime) -> QuotaDecision:
        """Count one request of a caller in this process."""
        return self.count(caller, quota, now)

    def count(self, caller: str, quota: Quota, now: datetime) -> QuotaDecision:
        """The same without waiting."""
        meter = self._meters.get(caller) or self._meters.put(caller, RateMeter(now))
        return meter.take(quota, now)

    def close(self) -> None:
        """Nothing to close."""
