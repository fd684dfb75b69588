"""Expected units, revenue and margin of a week at a price, with intervals.

An interval is that of the elasticity's range alone: it has no width at the baseline price, and the
noise of single weeks is not part of it. Units never exceed what stock and deliveries cover, where
that is known. Amounts are minor units; a row without an estimate has NaN.
"""

from dataclasses import dataclass

import numpy as np

from cloud.pricing.retail.demand import POINT
from cloud.pricing.retail.ladder import Floats
from cloud.pricing.retail.situation import Situation


@dataclass(frozen=True, slots=True)
class Spread:
    """A column of figures with their lowest and highest values over the elasticity's range."""

    value: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Expectations:
    """What a week is expected to bring at one price a row."""

    units: Spread
    revenue_minor: Spread
    margin_minor: Spread


def expect_week(situation: Situation, price: Floats) -> Expectations:
    """The expectations of a week at one price a row."""
    demand, margin = situation.demand, price - situation.states.cost_minor
    with np.errstate(over="ignore", invalid="ignore"):
        units = np.fmin(demand.units(price), situation.available_units)
        units[np.isnan(demand.elasticity) | ~np.isfinite(price)] = np.nan
        return Expectations(_spread(units), _spread(units * price), _spread(units * margin))


def _spread(variants: Floats) -> Spread:
    return Spread(variants[POINT], variants.min(axis=0), variants.max(axis=0))
