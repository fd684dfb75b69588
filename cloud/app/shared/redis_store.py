"""Forecasts and request counts that several API processes share through Redis.

Redis may fail at any time, so nothing here raises: after one log line the process works without it,
counts requests by itself, and tries again after five seconds. A call takes a quarter of a second at
most. Keys begin with a digest of the database that they belong to, so that two installations on one
Redis do not collide.
"""

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from starlette.concurrency import run_in_threadpool

from cloud.app.shared.shared_store import LocalStore
from cloud.auth.quota import Quota, QuotaDecision, decide
from cloud.database import EPOCH

log = logging.getLogger(__name__)
TIMEOUT_S: Final = 0.25
RETRY_AFTER_S: Final = 5.0
LAYOUT: Final = "6"
"""Version of the stored values: it is part of every key."""

TAKE_SCRIPT: Final = """
local now, refill, period = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
if full + refill - now <= period then
    full = full + refill
    redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil(period / 1000) + 1000)
    return {1, string.format('%.0f', full)}
end
return {0, string.format('%.0f', full)}
"""
"""The generic cell rate algorithm in microseconds: whether allowed, and when the bucket is full."""

PUT_SCRIPT: Final = """
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[2] then return held end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
return ARGV[1]
"""

Answer = TypeVar("Answer")


class RedisStore:
    """`SharedStore` on Redis, with a fall-back to this process alone."""

    def __init__(self, url: str, *, of: str) -> None:
        self._redis = redis.Redis.from_url(
            url,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
        )
        self._alone = LocalStore()
        self._prefix = f"onlooker:{LAYOUT}:{hashlib.sha256(of.encode()).hexdigest()[:12]}"
        self._counted = self._redis.register_script(TAKE_SCRIPT)
        self._kept = self._redis.register_script(PUT_SCRIPT)
        self._away_until_s = 0.0
        self._is_lost = False
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes | None:
        """The value that another process has stored."""
        return self._asked(lambda: self._bytes(self._redis.get(self._named(key))), None)

    def put(self, key: str, value: bytes, replaces: bytes | None, for_: timedelta) -> bytes:
        """Store a value for the others, or return theirs."""
        ms = max(1, int(for_.total_seconds() * 1000))

        def store() -> bytes:
            held = self._kept(keys=[self._named(key)], args=[value, replaces or b"", ms])
            return self._bytes(held) or value

        return self._asked(store, value)

    async def take(self, caller: str, quota: Quota, now: datetime) -> QuotaDecision:
        """Count one request of a caller, in all processes together."""
        return await run_in_threadpool(self._take, caller, quota, now)

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()

    def _take(self, caller: str, quota: Quota, now: datetime) -> QuotaDecision:
        def counted() -> QuotaDecision:
            spans = (now - EPOCH, quota.refill, quota.period)
            args = [span // timedelta(microseconds=1) for span in spans]
            allowed, full_us = self._counted(keys=[f"{self._prefix}:asked:{caller}"], args=args)
            full_at = EPOCH + timedelta(microseconds=int(full_us))
            return decide(quota, now, full_at, allowed=bool(allowed))

        found = self._asked(counted, None)
        return found if found is not None else self._alone.count(caller, quota, now)

    def _named(self, key: str) -> str:
        return f"{self._prefix}:{key}"

    def _bytes(self, held: Any) -> bytes | None:
        return held if isinstance(held, bytes) else None

    def _asked(self, ask: Callable[[], Answer], otherwise: Answer) -> Answer:
        """The result of Redis, or `otherwise` while it is unavailable."""
        if time.monotonic() < self._away_until_s:
            return otherwise
        try:
            answer = ask()
        except redis.RedisError as error:
            self._lose(error)
            return otherwise
        if self._is_lost:
            self._find()
        return answer

    def _lose(self, error: redis.RedisError) -> None:
        with self._lock:
            self._away_until_s = time.monotonic() + RETRY_AFTER_S
            if not self._is_lost:
                self._is_lost = True
                log.warning(
                    "redis.lost", extra={"error": type(error).__name__, "again_s": RETRY_AFTER_S}
                )

    def _find(self) -> None:
        with self._lock:
            if self._is_lost:
                self._is_lost = False
                log.warning("redis.back")
