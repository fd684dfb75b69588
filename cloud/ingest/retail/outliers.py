"""Outliers: a price against the recent prices of the same SKU in the same store.

Prices without promotion are compared with each other, and those of promotions with those of
promotions. The comparison is of logarithms: twice the price is as far as half of it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean, median, pstdev
from typing import Final

from cloud.ingest.retail.rules import OutlierMethod, OutlierRule

MAD_TO_SIGMA: Final = 1.4826
"""Of a normal distribution: standard deviation over median absolute deviation."""


@dataclass(frozen=True, slots=True)
class UsualPrices:
    """The prices that are not outliers, in minor units of the base currency."""

    least_minor: int
    most_minor: int


@dataclass(slots=True)
class RecentPrices:
    """The last prices of one SKU in one store, oldest first, in the base currency."""

    regular: list[int] = field(default_factory=list)
    promoted: list[int] = field(default_factory=list)
    is_changed: bool = False

    def add(self, price_minor: int, *, is_promoted: bool, rule: OutlierRule) -> None:
        """Count a price among the recent ones."""
        prices = self.promoted if is_promoted else self.regular
        prices.append(price_minor)
        del prices[: -rule.most_prices]
        self.is_changed = True

    def restart(self, price_minor: int, *, is_promoted: bool) -> None:
        """Begin again at a price that was confirmed: those before it decide nothing any more."""
        prices = self.promoted if is_promoted else self.regular
        prices[:] = [price_minor]
        self.is_changed = True


def find_usual(prices: Sequence[int], rule: OutlierRule) -> UsualPrices:
    """The limits around the centre of some prices."""
    logs = [math.log(price) for price in prices]
    if rule.method is OutlierMethod.MAD:
        centre = median(logs)
        scale = MAD_TO_SIGMA * median([abs(one - centre) for one in logs])
    else:
        centre, scale = fmean(logs), pstdev(logs)
    reach = rule.threshold * max(scale, rule.least_scale)
    return UsualPrices(math.ceil(math.exp(centre - reach)), math.floor(math.exp(centre + reach)))


def judge(
    price_minor: int, recent: RecentPrices, *, is_promoted: bool, rule: OutlierRule
) -> UsualPrices | None:
    """The usual prices that a price is outside of; None: it is usual, or too few are known."""
    held = recent.promoted if is_promoted else recent.regular
    if len(held) < rule.least_prices or _is_near(price_minor, held, rule):
        return None
    usual = find_usual(held, rule)
    return None if usual.least_minor <= price_minor <= usual.most_minor else usual


def _is_near(price_minor: int, held: Sequence[int], rule: OutlierRule) -> bool:
    """Whether a price is usual with the least scale already, and so with every scale."""
    if rule.method is not OutlierMethod.MAD:
        return False
    return abs(math.log(price_minor / median(held))) <= rule.threshold * rule.least_scale
