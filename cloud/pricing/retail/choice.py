"""Choose a price between the bounds: the target, the competitor band, the ladder, the clearance.

Every step keeps the order of targets, so a higher cost never lowers a chosen price. Where no price
of the ladder lies within the bounds, the ladder gives way and the price is a whole minor unit.
"""

from dataclasses import dataclass

import numpy as np

from cloud.pricing.retail.bounds import PriceBounds
from cloud.pricing.retail.ladder import Floats
from cloud.pricing.retail.rule_columns import Flags, RuleColumns


@dataclass(frozen=True, slots=True)
class PriceObjective:
    """What a price is worth: its margin at `cost` for the demand of one elasticity."""

    cost: Floats
    elasticity: Floats

    def prefers(self, price: Floats, other: Floats) -> Flags:
        """Whether a price is worth at least as much as a lower one, at any baseline."""
        with np.errstate(invalid="ignore", over="ignore"):
            ratio = (price / other) ** self.elasticity
            return (price - self.cost) * ratio >= other - self.cost


@dataclass(frozen=True, slots=True)
class Choice:
    """Chosen prices, and the prices within the bounds before the ladder."""

    price: Floats
    bounded: Floats
    leaves_ladder: Flags
    """No price of the ladder lies within the bounds."""


def choose_price(
    target: Floats,
    clearing: Floats,
    bounds: PriceBounds,
    rules: RuleColumns,
    objective: PriceObjective,
) -> Choice:
    """The best allowed price for each target; rows are the last axis.

    `clearing` is the highest price that sells the stock in time; infinite without a clearance.
    """
    floor, ceiling = bounds.allowed_floor, bounds.allowed_ceiling
    bounded = np.clip(np.minimum(target, clearing), floor, np.maximum(floor, ceiling))
    down, up = rules.step_down(bounded), rules.step_up(bounded)
    has_down, has_up = down >= floor, up <= ceiling
    has_up &= (up <= clearing) | ~has_down
    takes_up = has_up & (~has_down | objective.prefers(up, np.where(has_down, down, up)))
    whole = np.clip(np.floor(bounded + 0.5), floor, np.maximum(floor, ceiling))
    price = np.where(takes_up, up, np.where(has_down, down, whole))
    return Choice(price, bounded, ~has_down & ~has_up)


def shrink_targets(targets: Floats, price: Floats) -> Floats:
    """The smallest move that every elasticity of the range supports; none where they disagree."""
    return np.clip(price, targets.min(axis=0), targets.max(axis=0))
