"""How often one caller may ask: a thousand questions an hour, evenly refilled, bursts allowed.

The meter is one instant: when the bucket would be full again (the generic cell rate algorithm), so
it needs no timer and no list. Headers follow draft-ietf-httpapi-ratelimit-headers. A process alone
counts by itself, so two of them allow twice as much; with Redis they count together.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Quota:
    """`questions` in each `period`."""

    questions: int = 1000
    period: timedelta = timedelta(hours=1)

    @property
    def refill(self) -> timedelta:
        """The time in which one question comes back."""
        return self.period / self.questions

    @property
    def policy(self) -> str:
        """The quota as `RateLimit-Policy` writes it."""
        return f'"key";q={self.questions};w={int(self.period.total_seconds())}'


@dataclass(frozen=True, slots=True)
class QuotaDecision:
    """Whether a question is answered, how many are left, when it is worth asking again."""

    allowed: bool
    remaining: int
    full_after: timedelta
    retry_after: timedelta

    @property
    def written(self) -> str:
        """The value of the `RateLimit` header field."""
        return f'"key";r={self.remaining};t={math.ceil(self.full_after.total_seconds())}'


class RateLimiter(Protocol):
    """Counts the requests of each caller, in this process or in all of them together."""

    async def take(self, caller: str, quota: Quota, now: datetime) -> QuotaDecision:
        """Count one request of a caller."""


class RateMeter:
    """One caller's bucket."""

    __slots__ = ("_full_at",)

    def __init__(self, now: datetime) -> None:
        self._full_at = now

    def take(self, quota: Quota, now: datetime) -> QuotaDecision:
        """Count one question, unless the bucket is empty."""
        full_at = max(self._full_at, now) + quota.refill
        allowed = full_at - now <= quota.period
        if allowed:
            self._full_at = full_at
        return decide(quota, now, self._full_at, allowed=allowed)


def decide(quota: Quota, now: datetime, full_at: datetime, *, allowed: bool) -> QuotaDecision:
    """What a bucket says that will be full at `full_at`, after it was asked."""
    full_after = full_at - now
    remaining = max(0, int((quota.period - full_after) / quota.refill))
    wait = timedelta(0) if allowed else full_after + quota.refill - quota.period
    return QuotaDecision(allowed, remaining, full_after, wait)
