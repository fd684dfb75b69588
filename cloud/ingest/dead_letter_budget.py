"""Token buckets that limit how many dead letters are stored, per device and in all.

The clock is injected. A spent bucket is refilled at a steady rate, independent of how long the
process has run. A `BudgetDraft` takes tokens for one transaction and spends them only when it is
saved, because a transaction may be retried.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

Key = tuple[str, str]
"""Location and device."""
IN_ALL: Final[Key] = ("", "all")
UNLISTED: Final[Key] = ("", "unlisted")
"""All topics that name no camera of the sites file share one budget."""


@dataclass(frozen=True, slots=True)
class RefillRate:
    """A bucket of `burst` tokens that gains one token every `every`."""

    burst: float
    every: timedelta


@dataclass(frozen=True, slots=True)
class DeadLetterLimits:
    """Limits of the dead letters that are stored.

    A device that spends its budget, or of which `stored_per_device` dead letters are stored, is
    quarantined until it has sent no such message for `quiet`. A parsed message costs a tenth.
    """

    per_device: RefillRate = RefillRate(burst=100, every=timedelta(minutes=1))
    unlisted: RefillRate = RefillRate(burst=1_000, every=timedelta(seconds=10))
    in_all: RefillRate = RefillRate(burst=10_000, every=timedelta(seconds=1))
    stored_per_device: int = 2_000
    quiet: timedelta = timedelta(minutes=15)


PARSED_COSTS: Final = 0.1
COSTS: Final = 1.0


@dataclass(frozen=True, slots=True)
class _Bucket:
    tokens: float
    at: datetime

    def refilled_at(self, now: datetime, rate: RefillRate) -> "_Bucket":
        refilled = max(timedelta(0), now - self.at) / rate.every
        return _Bucket(min(rate.burst, self.tokens + refilled), max(now, self.at))


@dataclass
class DeadLetterBudget:
    """The buckets of one process."""

    limit: DeadLetterLimits
    _buckets: dict[Key, _Bucket] = field(default_factory=dict)

    def draft(self, now: datetime) -> "BudgetDraft":
        """A draft of the budget at `now`, for one transaction."""
        return BudgetDraft(self, now)

    def bucket(self, key: Key, now: datetime) -> _Bucket:
        rate = self.rate(key)
        held = self._buckets.get(key)
        return _Bucket(rate.burst, now) if held is None else held.refilled_at(now, rate)

    def rate(self, key: Key) -> RefillRate:
        return {IN_ALL: self.limit.in_all, UNLISTED: self.limit.unlisted}.get(
            key, self.limit.per_device
        )

    def save(self, buckets: dict[Key, _Bucket]) -> None:
        for key, bucket in buckets.items():
            if bucket.tokens >= self.rate(key).burst:
                self._buckets.pop(key, None)
            else:
                self._buckets[key] = bucket


class BudgetDraft:
    """Tokens taken for one transaction."""

    def __init__(self, budget: DeadLetterBudget, now: datetime) -> None:
        self.limit = budget.limit
        self._budget = budget
        self._now = now
        self._buckets: dict[Key, _Bucket] = {}

    def take(self, key: Key, cost: float) -> bool:
        """Take tokens from a bucket; False when it holds fewer."""
        bucket = self._buckets.get(key) or self._budget.bucket(key, self._now)
        enough = bucket.tokens >= cost
        tokens = bucket.tokens - cost if enough else bucket.tokens
        self._buckets[key] = _Bucket(tokens, bucket.at)
        return enough

    def refill(self, key: Key) -> None:
        """Fill a bucket up."""
        self._buckets[key] = _Bucket(self._budget.rate(key).burst, self._now)

    def save(self) -> None:
        """Spend the tokens: the transaction is committed."""
        self._budget.save(self._buckets)
