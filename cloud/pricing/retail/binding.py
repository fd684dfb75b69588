"""Which rules bind a recommended price: the price that was found, and the limit of the rule.

A rule binds when it is the tightest one between the wanted price and the chosen one. In a
contradiction no price is chosen; the rules that exclude one another are marked instead.
"""

from dataclasses import dataclass

import numpy as np

from cloud.pricing.retail.bounds import BAND, BOUNDED, PriceBounds
from cloud.pricing.retail.choice import Choice
from cloud.pricing.retail.demand import POINT
from cloud.pricing.retail.ladder import Floats
from cloud.pricing.retail.rule_columns import Flags
from cloud.pricing.retail.rules import RULES, Rule
from cloud.pricing.retail.situation import Situation


@dataclass(frozen=True, slots=True)
class BindingColumns:
    """Of shape (rules, rows), in the order of `RULES`: what binds, the price found, the limit."""

    is_binding: Flags
    found_minor: Floats
    limit_minor: Floats


def find_binding(
    situation: Situation,
    wanted: Floats,
    target: Floats,
    choice: Choice,
    price: Floats,
    is_refused: Flags,
) -> BindingColumns:
    """The binding rules of chosen prices; `wanted` is the target without a hold."""
    shape = (len(RULES), len(price))
    columns = BindingColumns(
        np.zeros(shape, np.bool_), np.full(shape, np.nan), np.full(shape, np.nan)
    )
    desired = np.minimum(target, situation.clearing[POINT])
    is_chosen = ~situation.is_fixed & ~is_refused & ~choice.keeps
    _mark_bounds(columns, situation.bounds, desired, choice.bounded, is_chosen)
    is_rounded = is_chosen & ~choice.leaves_ladder & (np.abs(price - choice.bounded) >= 1)
    _mark(columns, Rule.LADDER, is_rounded, choice.bounded, price)
    clears = is_chosen & (situation.clearing[POINT] < target)
    _mark(columns, Rule.CLEARANCE, clears, target, situation.clearing[POINT])
    holds = situation.can_move & situation.is_on_hold & (np.floor(wanted + 0.5) != price)
    _mark(columns, Rule.HOLD, holds, wanted, situation.states.price_minor)
    return columns


def _mark_bounds(
    columns: BindingColumns, bounds: PriceBounds, desired: Floats, bounded: Floats, rows: Flags
) -> None:
    for place, rule in enumerate(BOUNDED):
        low, high = bounds.lowest[place], bounds.highest[place]
        raises = (low > desired) & (low >= bounded)
        lowers = (high < desired) & (high <= bounded)
        binds = (raises | lowers) & rows
        if place == BAND:
            binds &= ~bounds.band_yields
        _mark(columns, rule, binds, desired, np.where(raises, low, high))


def _mark(columns: BindingColumns, rule: Rule, rows: Flags, found: Floats, limit: Floats) -> None:
    place = RULES.index(rule)
    columns.is_binding[place] = rows
    columns.found_minor[place] = np.where(rows, found, np.nan)
    columns.limit_minor[place] = np.where(rows, limit, np.nan)
