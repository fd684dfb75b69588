"""What several API processes have in common: forecasts, counts of questions.

Alone, a process has it all to itself; with Redis (`shared_redis.py`) all of them have the same.
Whatever is kept here can be worked out again: losing it costs time and counts, never an answer.
What is kept under the generation of an older change of prices is not used any more: see
`change_log.py`.
"""

from datetime import datetime, timedelta
from typing import Final, Protocol

from cloud.auth.quota import Quota, QuotaDecision, RateMeter
from cloud.lru_cache import LruCache

MAX_CALLERS: Final = 10_000


class SharedStore(Protocol):
    """Kept bytes, counted questions. Every call may block but `take`."""

    def get(self, key: str) -> bytes | None:
        """What another process has kept."""

    def put(self, key: str, value: bytes, replaces: bytes | None, for_: timedelta) -> bytes:
        """Keep a value, unless another process was quicker: then its value. `instead_of` goes."""

    async def take(self, caller: str, quota: Quota, now: datetime) -> QuotaDecision:
        """Count one question of a caller."""

    def close(self) -> None:
        """Close connections."""


class LocalStore:
    """One process: nothing to be had from others, nothing to keep for them."""

    def __init__(self) -> None:
        self._meters: LruCache[RateMeter] = LruCache(MAX_CALLERS)

    def get(self, key: str) -> bytes | None:
        """Nobody else has kept anything."""
        return None

    def put(self, key: str, value: bytes, replaces: bytes | None, for_: timedelta) -> bytes:
        """The value itself: there is no other process to share it with."""
        return value

    async def take(self, caller: str, quota: Quota, now: datetime) -> QuotaDecision:
        """Count one question of a caller in this process."""
        return self.count(caller, quota, now)

    def count(self, caller: str, quota: Quota, now: datetime) -> QuotaDecision:
        """The same without waiting."""
        meter = self._meters.get(caller) or self._meters.put(caller, RateMeter(now))
        return meter.take(quota, now)

    def close(self) -> None:
        """Nothing to close."""
