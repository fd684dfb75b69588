"""Protected positions for later, dearer demand, and the value of the next position (EMSR-b).

Belobaba; textbook: Talluri and van Ryzin, "The Theory and Practice of Revenue Management", chapter
2. Demand of each class is taken as normal, independent and arriving cheapest first. Without an
estimate of demand, do not use it: the floor of the rate card applies.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from statistics import NormalDist


class DemandError(ValueError):
    """Invalid demand."""


@dataclass(frozen=True, slots=True)
class FareClass:
    """A fare class: its fare for one position, and the demand still expected."""

    name: str
    fare_pence: int
    demand_mean: float
    demand_deviation: float

    def __post_init__(self) -> None:
        sizes = (self.demand_mean, self.demand_deviation)
        if self.fare_pence <= 0 or not all(0 <= size < math.inf for size in sizes):
            raise DemandError(
                f"class {self.name!r} pays {self.fare_pence} minor units for {self.demand_mean} +- "
                f"{self.demand_deviation} positions: expected a fare above 0 and "
                "finite positions >= 0"
            )


@dataclass(frozen=True, slots=True)
class _Pooled:
    """Several classes as one: demands add, the fare is their mean by demand."""

    fare_pence: float
    demand_mean: float
    demand_deviation: float


def compute_protection_levels(classes: Sequence[FareClass]) -> tuple[float, ...]:
    """Positions protected for the classes down to each, highest fare first; none for the lowest."""
    together = _together(classes)
    return tuple(
        max(0.0, _level(pooled, cheaper.fare_pence))
        for pooled, (_, cheaper) in zip(together, pairwise(classes), strict=False)
    )


def compute_bid_price_minor(free: float, classes: Sequence[FareClass]) -> float:
    """The expected later revenue of the last of `free` positions: the least price to sell it for.

    Without a free position it is infinite.
    """
    if free <= 0:
        return math.inf
    return max(
        (pooled.fare_pence * _chance(pooled, free) for pooled in _together(classes)), default=0.0
    )


def _together(classes: Sequence[FareClass]) -> list[_Pooled]:
    """The classes down to each as one."""
    for dearer, cheaper in pairwise(classes):
        if cheaper.fare_pence > dearer.fare_pence:
            raise DemandError(
                f"class {cheaper.name!r} pays more than {dearer.name!r} before it: "
                "list the highest fare first"
            )
    means = list(accumulate(one.demand_mean for one in classes))
    revenues = accumulate(one.demand_mean * one.fare_pence for one in classes)
    variances = accumulate(one.demand_deviation**2 for one in classes)
    return [
        _Pooled(revenue / mean if mean else one.fare_pence, mean, math.sqrt(variance))
        for one, mean, revenue, variance in zip(classes, means, revenues, variances, strict=True)
    ]


def _level(pooled: _Pooled, fare_pence: int) -> float:
    """The number of positions whose last one is worth just `fare_pence`."""
    if fare_pence >= pooled.fare_pence:
        return 0.0
    if not pooled.demand_deviation:
        return pooled.demand_mean
    demand = NormalDist(pooled.demand_mean, pooled.demand_deviation)
    return demand.inv_cdf(1 - fare_pence / pooled.fare_pence)


def _chance(pooled: _Pooled, free: float) -> float:
    """The probability that demand reaches the last free position."""
    if not pooled.demand_deviation:
        return float(pooled.demand_mean >= free)
    return 1 - NormalDist(pooled.demand_mean, pooled.demand_deviation).cdf(free)
