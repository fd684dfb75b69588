"""Choose a price between the bounds: the target, the competitor band, the ladder, the clearance.

Every step keeps the order of targets, so a higher cost never lowers a chosen price. Where no price
of the ladder lies within the bounds, the ladder gives way and the price is a whole minor unit.
A price is left only for one that is worth more and towards the target, unless a rule forces it
(`must_change`).
"""

from dataclasses import dataclass

import numpy as np

from cloud.pricing.retail.bounds import PriceBounds
from cloud.pricing.retail.ladder import Floats
from cloud.pricing.retail.rule_columns import Flags, RuleColumns


@dataclass(frozen=True, slots=True)
class PriceObjective:
    """What a week is worth at a price: its margin at `cost` for the demand of one elasticity.

    No more than `available_units` are sold.
    """

    cost: Floats
    elasticity: Floats
    baseline_units: Floats
    baseline_price_minor: Floats
    available_units: Floats

    def worth(self, price: Floats) -> Floats:
        """The objective of a week at one price a row; NaN without an estimate."""
        with np.errstate(invalid="ignore", over="ignore"):
            demanded = self.baseline_units * (price / self.baseline_price_minor) ** self.elasticity
            worth: Floats = np.minimum(demanded, self.available_units) * (price - self.cost)
        return worth

    def prefers(self, price: Floats, other: Floats) -> Flags:
        """Whether a price is worth at least as much as another one."""
        at_least: Flags = self.worth(price) >= self.worth(other)
        return at_least


@dataclass(frozen=True, slots=True)
class Choice:
    """Chosen prices, and the prices within the bounds before the ladder."""

    price: Floats
    bounded: Floats
    leaves_ladder: Flags
    """No price of the ladder lies within the bounds."""
    keeps: Flags
    """The present price is allowed, and the one that was found brings no more: it stays."""


def choose_price(
    target: Floats,
    clearing: Floats,
    bounds: PriceBounds,
    rules: RuleColumns,
    objective: PriceObjective,
    present: Floats,
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
    gains = ~objective.prefers(present, price) & np.isfinite(objective.elasticity)
    approaches = (price - present) * (target - present) > 0
    may_keep = (price != present) & ~must_change(present, clearing, bounds)
    keeps = may_keep & ~(gains & approaches)
    return Choice(np.where(keeps, present, price), bounded, ~has_down & ~has_up & ~keeps, keeps)


def must_change(present: Floats, clearing: Floats, bounds: PriceBounds) -> Flags:
    """Rows whose present price is not allowed, or is too high for a clearance to sell in time."""
    below, above = present < bounds.allowed_floor, present > bounds.allowed_ceiling
    return below | above | (present > clearing)


def limit_cuts(targets: Floats, sell_out: Floats, present: Floats) -> Floats:
    """Targets that are no lower than the price at which the available units sell.

    A cut below it sells no more. A target never rises above the present price thereby.
    """
    return np.fmax(targets, np.fmin(sell_out, present))


def shrink_targets(targets: Floats, price: Floats) -> Floats:
    """The smallest move that every elasticity of the range supports; none where they disagree."""
    return np.clip(price, targets.min(axis=0), targets.max(axis=0))
