"""The rate limit of one caller: a thousand requests an hour, refilled evenly, bursts allowed.

The state of a meter is one instant, at which its bucket is full again (generic cell rate
algorithm): no timer and no list. Headers follow draft-ietf-httpapi-ratelimit-headers. Without Redis
each process has its own count, so two processes allow twice as much.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Quota:
    """`questions` requests in each `period`."""

    questions: int = 1000
    period: timedelta = timedelta(hours=1)

    @property
    def refill(self) -> timedelta:
        """The time in which one request is refilled.

        Rounded down to a microsecond: rounded up, a whole period would hold one request less.
        """
        return self.period // self.questions

    @property
    def policy(self) -> str:
        """The quota as `RateLimit-Policy` writes it."""
        return f'"key";q={self.questions};w={int(self.period.total_seconds())}'


@dataclass(frozen=True, slots=True)
class QuotaDecision:
    """Whether a request is allowed, how many remain, and when to send the next one."""

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
        """Count one request, unless the bucket is empty."""
        full_at = max(self._full_at, now) + quota.refill
        allowed = full_at - now <= quota.period
        if allowed:
            self._full_at = full_at
        return decide(quota, now, self._full_at, allowed=allowed)


def decide(quota: Quota, now: datetime, full_at: datetime, *, allowed: bool) -> QuotaDecision:
    """The decision for a bucket that is full again at `full_at`, after the request."""
    full_after = full_at - now
    remaining = max(0, int((quota.period - full_after) / quota.refill))
    wait = timedelta(0) if allowed else full_after + quota.refill - quota.period
    return QuotaDecision(allowed, remaining, full_after, wait)
