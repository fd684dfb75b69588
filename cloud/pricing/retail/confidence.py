"""How sure a recommendation is: a probability over the elasticity, by a stated formula.

The elasticity is taken as normal around its estimate; its standard deviation is the larger of the
standard error and that of a normal distribution whose middle 90 % is the published range. The
confidence is the probability that

- a changed price is worth at least as much as the current one (by the objective of the rules),
- a price that stays is worth at least as much as one ladder step below and one above,
- a clearance price sells the stock by its last day.

It is not a probability of profit: costs, promotions and competitors may change.
"""

import numpy as np
from scipy.special import ndtr

from cloud.pricing.retail.demand import POINT, DemandColumns
from cloud.pricing.retail.ladder import Floats


def compute_chance_of_gain(
    demand: DemandColumns, cost: Floats, price: Floats, other: Floats
) -> Floats:
    """The probability that a price is worth at least as much as another one.

    A price above the other is worth more for elasticities above a threshold, one below it for those
    below. The threshold solves (price - cost) * (price / other) ** e = other - cost.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        threshold = np.log((other - cost) / (price - cost)) / np.log(price / other)
        above = 1 - _below(demand, threshold)
        chance = np.where(price > other, above, 1 - above)
    chance = np.where((other <= cost) & (price > other), 1.0, chance)
    chance = np.where((price <= cost) & (price < other), 0.0, chance)
    return np.where(price == other, 1.0, chance)


def compute_chance_of_keeping(
    demand: DemandColumns, cost: Floats, price: Floats, cheaper: Floats, dearer: Floats
) -> Floats:
    """The probability that a price is worth at least as much as both of its neighbours."""
    above_cheaper = compute_chance_of_gain(demand, cost, price, cheaper)
    above_dearer = compute_chance_of_gain(demand, cost, price, dearer)
    with_one = np.where(np.isfinite(cheaper), above_cheaper, 1.0)
    with_both = with_one + np.where(np.isfinite(dearer), above_dearer, 1.0) - 1
    chance: Floats = np.clip(with_both, 0.0, 1.0)
    return chance


def compute_chance_to_clear(demand: DemandColumns, price: Floats, units: Floats) -> Floats:
    """The probability that a week sells at least these units at a price."""
    with np.errstate(divide="ignore", invalid="ignore"):
        move = np.log(price / demand.baseline_price_minor)
        threshold = np.log(units / demand.baseline_units) / move
        below = _below(demand, threshold)
        chance = np.where(move > 0, 1 - below, below)
    sells = (demand.baseline_units >= units).astype(float)
    return np.where(move == 0, sells, chance)


def _below(demand: DemandColumns, threshold: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = ndtr((threshold - demand.elasticity[POINT]) / demand.spread)
    return found
