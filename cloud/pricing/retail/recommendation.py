"""Recommend a price for each product in each store: pure, vectorised, without I/O.

The target is the price with the highest objective of the constant-elasticity demand. Rules apply in
the order of `Rule`: bounds, ladder, clearance. What is not allowed is never recommended:

- evidence that is insufficient, or a missing cost, keeps the price, unless it breaks a hard rule;
- weak evidence moves the price only as far as the whole range of elasticities supports;
- a price that is worth no more than the present one keeps it, and a cut ends where the available
  units sell, unless a rule does not allow the present price or a clearance needs a lower one;
- contradictory rules keep the price with the outcome `no_allowed_price` and name the conflict.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.forecast.retail.estimates import EstimateArrays, Evidence
from cloud.pricing.retail.alternatives import AlternativeColumns, list_alternatives
from cloud.pricing.retail.binding import BindingColumns, find_binding
from cloud.pricing.retail.choice import (
    Choice,
    PriceObjective,
    choose_price,
    limit_cuts,
    shrink_targets,
)
from cloud.pricing.retail.confidence import (
    compute_chance_of_gain,
    compute_chance_of_keeping,
    compute_chance_to_clear,
)
from cloud.pricing.retail.demand import POINT
from cloud.pricing.retail.expectations import Expectations, expect_week
from cloud.pricing.retail.ladder import Floats
from cloud.pricing.retail.rule_columns import Flags
from cloud.pricing.retail.rules import PriceRules
from cloud.pricing.retail.situation import Situation, assess
from cloud.pricing.retail.states import PriceStates


class Outcome(StrEnum):
    """What is recommended."""

    RECOMMENDED = "recommended"
    KEPT = "kept"
    NO_ALLOWED_PRICE = "no_allowed_price"


OUTCOMES: Final = tuple(Outcome)
"""The order of the codes in `Recommendations.outcome`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendations:
    """Recommended prices as columns; `row_view.describe_row` gives one of them with its reasons.

    `outcome` holds indices of `OUTCOMES`. `price_low` and `price_high` are the prices that the ends
    of the elasticity's range lead to, NaN where the price does not follow the demand; so is
    `confidence` (see `confidence`).
    """

    situation: Situation
    outcome: NDArray[np.int8]
    price_minor: NDArray[np.int64]
    price_low: Floats
    price_high: Floats
    target: Floats
    """The price before any rule; NaN without evidence."""
    confidence: Floats
    binding: BindingColumns
    expected: Expectations
    alternatives: tuple[AlternativeColumns, ...]
    leaves_ladder: Flags
    cut_limit: Floats
    """Price at which the available units sell, where the target is lower; NaN elsewhere."""

    def __len__(self) -> int:
        return len(self.price_minor)


def recommend(
    states: PriceStates, estimates: EstimateArrays, rules: PriceRules, on: date
) -> Recommendations:
    """Recommend a price for each state on a day, in the order of the states.

    Estimates are matched by product and store; a state without one keeps its price.
    """
    situation = assess(states, estimates, rules, on)
    demand, price = situation.demand, states.price_minor
    with np.errstate(invalid="ignore"):
        best = demand.best_price(states.cost_minor, situation.rules.volume_weight)
    targets = limit_cuts(best, situation.sell_out, price)
    is_weak = demand.has(Evidence.WEAK)
    wanted = np.where(is_weak, shrink_targets(targets, price), targets[POINT])
    target = np.where(situation.moves, wanted, price)
    choice = _choose(situation, target, POINT)
    is_fixed, bounds = situation.is_fixed, situation.bounds
    is_refused = bounds.is_contradictory & ~is_fixed
    found = np.where(is_fixed | is_refused, price, choice.price)
    follows = situation.moves & ~is_refused
    ends = np.array([found, *(_choose(situation, targets[end], end).price for end in (1, 2))])
    return Recommendations(
        situation=situation,
        outcome=_classify(found == price, is_refused),
        price_minor=found.astype(np.int64),
        price_low=np.where(follows, ends.min(axis=0), np.nan),
        price_high=np.where(follows, ends.max(axis=0), np.nan),
        target=np.where(situation.can_move, best[POINT], np.nan),
        confidence=np.where(follows, _compute_confidence(situation, found), np.nan),
        binding=find_binding(situation, wanted, target, choice, found, is_refused),
        expected=expect_week(situation, found),
        alternatives=list_alternatives(situation, found, best[POINT]),
        leaves_ladder=choice.leaves_ladder & ~is_fixed & ~is_refused,
        cut_limit=np.where(follows & (best < targets)[POINT], targets[POINT], np.nan),
    )


def _classify(stays: Flags, is_refused: Flags) -> NDArray[np.int8]:
    recommended, kept, refused = (OUTCOMES.index(outcome) for outcome in OUTCOMES)
    return np.where(is_refused, refused, np.where(stays, kept, recommended)).astype(np.int8)


def _choose(situation: Situation, target: Floats, variant: int) -> Choice:
    demand, clearing = situation.demand, situation.clearing[variant]
    objective = PriceObjective(
        cost=situation.cost,
        elasticity=demand.elasticity[variant],
        baseline_units=demand.baseline_units,
        baseline_price_minor=demand.baseline_price_minor,
        available_units=situation.available_units,
    )
    present = situation.states.price_minor
    return choose_price(target, clearing, situation.bounds, situation.rules, objective, present)


def _compute_confidence(situation: Situation, price: Floats) -> Floats:
    """The probability that `confidence` defines for a changed, a kept or a clearance price."""
    demand, rules, before = situation.demand, situation.rules, situation.states.price_minor
    cheaper, dearer = rules.step_down(price - 1), rules.step_up(price + 1)
    is_sold_out = demand.units(price)[POINT] >= situation.available_units
    cheaper = np.where(is_sold_out, np.nan, cheaper)  # it sells no more
    changed = compute_chance_of_gain(demand, situation.cost, price, before)
    same = compute_chance_of_keeping(demand, situation.cost, price, cheaper, dearer)
    clears = compute_chance_to_clear(demand, price, situation.clearing_units)
    chance = np.where(price == before, same, changed)
    return np.where(situation.is_clearing, clears, chance)
