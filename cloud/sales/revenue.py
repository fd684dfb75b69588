"""Revenue of sold slots against fixed pricing: what the same slots would cost at the base rate.

The uplift is a ratio of sums. Its interval is a bootstrap over days: days are drawn with
replacement, all locations of a day together, since the sales of a day depend on each other. The
generator has a fixed seed, so the same sales give the same interval. It describes how the uplift
varies between days; it does not say what would have been sold at fixed prices.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

import numpy as np

LEVEL: Final = 0.95
RESAMPLES: Final = 2_000
SEED: Final = 17
LEAST_DAYS: Final = 7
"""Fewer days are no basis for an interval."""


class HourBasis(StrEnum):
    """What is known of the audience of a sold hour."""

    OBSERVED = "observed"
    UNOBSERVED = "unobserved"  # its audience is unknown, not zero
    UPCOMING = "upcoming"


@dataclass(frozen=True, slots=True)
class RevenueHour:
    """One sold slot: its price, and what its positions cost at the base rate."""

    location: str
    day: date
    basis: HourBasis
    currency: str
    positions: int
    actual_minor: int
    fixed_minor: int


@dataclass(frozen=True, slots=True)
class RevenueSum:
    """Sums over sold slots."""

    slots: int = 0
    positions: int = 0
    actual_minor: int = 0
    fixed_minor: int = 0

    def add(self, hour: RevenueHour) -> "RevenueSum":
        """The sum with one more slot."""
        return RevenueSum(
            self.slots + 1,
            self.positions + hour.positions,
            self.actual_minor + hour.actual_minor,
            self.fixed_minor + hour.fixed_minor,
        )

    @property
    def uplift(self) -> float | None:
        """Actual over fixed, less one; None without sales."""
        return self.actual_minor / self.fixed_minor - 1 if self.fixed_minor else None


@dataclass(frozen=True, slots=True)
class UpliftInterval:
    """The interval of the uplift at `LEVEL`."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class RevenueReport:
    """Sums of one currency: all, by basis, by location and by day."""

    currency: str
    whole: RevenueSum
    interval: UpliftInterval | None
    by_basis: Mapping[HourBasis, RevenueSum]
    by_location: Mapping[str, RevenueSum]
    by_day: Mapping[date, RevenueSum]


def compute_reports(hours: Iterable[RevenueHour]) -> list[RevenueReport]:
    """A report for each currency."""
    by_currency: dict[str, list[RevenueHour]] = defaultdict(list)
    for hour in hours:
        by_currency[hour.currency].append(hour)
    return [_report(currency, some) for currency, some in sorted(by_currency.items())]


def _report(currency: str, hours: Sequence[RevenueHour]) -> RevenueReport:
    whole = RevenueSum()
    by_basis: dict[HourBasis, RevenueSum] = dict.fromkeys(HourBasis, RevenueSum())
    by_location: dict[str, RevenueSum] = defaultdict(RevenueSum)
    by_day: dict[date, RevenueSum] = defaultdict(RevenueSum)
    for hour in hours:
        whole = whole.add(hour)
        by_basis[hour.basis] = by_basis[hour.basis].add(hour)
        by_location[hour.location] = by_location[hour.location].add(hour)
        by_day[hour.day] = by_day[hour.day].add(hour)
    days = dict(sorted(by_day.items()))
    interval = compute_interval(list(days.values()))
    return RevenueReport(
        currency, whole, interval, by_basis, dict(sorted(by_location.items())), days
    )


def compute_interval(days: Sequence[RevenueSum]) -> UpliftInterval | None:
    """The bootstrap interval of the uplift over days; None where there are too few."""
    if len(days) < LEAST_DAYS:
        return None
    actual = np.array([one.actual_minor for one in days], dtype=np.float64)
    fixed = np.array([one.fixed_minor for one in days], dtype=np.float64)
    drawn = np.random.default_rng(SEED).integers(0, len(days), (RESAMPLES, len(days)))
    uplifts = actual[drawn].sum(axis=1) / fixed[drawn].sum(axis=1) - 1
    low, high = np.quantile(uplifts, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return UpliftInterval(float(low), float(high))
