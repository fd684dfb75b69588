"""Rates of many locations, shrunk towards their common mean by empirical Bayes.

A measured rate r of a location has the standard error s. The true rates are taken as normal with
mean m and standard deviation t. With B = s² / (s² + t²), the estimate is B m + (1 - B) r and its
variance (1 - B) s² + B² var(m) (Morris, Parametric Empirical Bayes Inference, JASA 78, 1983). t² is
the moment estimate of DerSimonian and Laird (1986), m the mean weighted by 1 / (s² + t²). So a
location with few days moves far to the mean, and keeps a wide interval.

The standard error of n days is itself uncertain: its square is multiplied by (n - 1) / (n - 3), the
variance of Student's t.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cloud.analytics.ratio import RatioEstimate

MIN_RANKED_DAYS: Final = 7
"""As for a rank of the mart `location_profiles`: each weekday may be among them."""
MIN_PEERS: Final = 3
NORMAL_95: Final = 1.959964


@dataclass(frozen=True, slots=True)
class ShrunkRate:
    """The estimate of one location, its interval, and how much of the mean is in it."""

    value: float
    low: float
    high: float
    weight_of_mean: float
    rank: int
    rank_best: int
    rank_worst: int


@dataclass(frozen=True, slots=True)
class ShrunkRates:
    """The common mean, the standard deviation between true rates, and the locations with a rank."""

    mean: float
    between: float
    locations: Mapping[str, ShrunkRate]


def shrink_rates(found: Mapping[str, RatioEstimate], limit: float) -> ShrunkRates | None:
    """Shrink the rates of locations with seven days or more; None for fewer than three of them."""
    known = {
        name: (rate.value, _variance(rate))
        for name, rate in found.items()
        if rate.error and rate.days >= MIN_RANKED_DAYS
    }
    if len(known) < MIN_PEERS:
        return None
    values = list(known.values())
    between = estimate_between_variance(values)
    weights = [1 / (variance + between) for _, variance in values]
    mean = sum(w * rate for w, (rate, _) in zip(weights, values, strict=True)) / sum(weights)
    spread = {
        name: _shrink(rate, variance, between, (mean, 1 / sum(weights)))
        for name, (rate, variance) in known.items()
    }
    return ShrunkRates(mean, math.sqrt(between), _rank(spread, limit))


def estimate_between_variance(values: Sequence[tuple[float, float]]) -> float:
    """The variance between true rates, from rates and their variances; zero where none is seen."""
    weights = [1 / variance for _, variance in values]
    whole = sum(weights)
    mean = sum(w * rate for w, (rate, _) in zip(weights, values, strict=True)) / whole
    scatter = sum(w * (rate - mean) ** 2 for w, (rate, _) in zip(weights, values, strict=True))
    scale = whole - sum(w * w for w in weights) / whole
    return max(0.0, (scatter - (len(values) - 1)) / scale)


def _variance(rate: RatioEstimate) -> float:
    assert rate.error is not None
    return rate.error**2 * (rate.days - 1) / (rate.days - 3)


def _shrink(
    rate: float, variance: float, between: float, mean: tuple[float, float]
) -> tuple[float, float, float]:
    """(estimate, its standard error, weight of the mean)."""
    weight = variance / (variance + between)
    error = math.sqrt((1 - weight) * variance + weight**2 * mean[1])
    return weight * mean[0] + (1 - weight) * rate, error, weight


def _rank(found: Mapping[str, tuple[float, float, float]], limit: float) -> dict[str, ShrunkRate]:
    limits = {
        name: (max(0.0, value - NORMAL_95 * error), min(limit, value + NORMAL_95 * error))
        for name, (value, error, _) in found.items()
    }
    ranked = sorted(found, key=lambda name: (-found[name][0], name))
    return {
        name: ShrunkRate(
            value=found[name][0],
            low=limits[name][0],
            high=limits[name][1],
            weight_of_mean=found[name][2],
            rank=rank,
            rank_best=1 + sum(low > limits[name][1] for low, _ in limits.values()),
            rank_worst=len(found) - sum(high < limits[name][0] for _, high in limits.values()),
        )
        for rank, name in enumerate(ranked, 1)
    }
