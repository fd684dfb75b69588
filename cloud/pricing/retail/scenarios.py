"""What-if: recommendations under other costs, competitors, stocks or rules, and a curve of prices.

A scenario is the same pure function with changed inputs: `recommend_scenario` equals `recommend` of
the changed states with the changed rules. A curve moves the current price of every row by the same
share and sums what a week brings: volume against margin.
"""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Annotated, Final

import msgspec
import numpy as np
from msgspec import Meta

from cloud.forecast.retail.estimates import EstimateArrays
from cloud.pricing.retail.expectations import Expectations, Spread, expect_week
from cloud.pricing.retail.ladder import Floats
from cloud.pricing.retail.recommendation import Recommendations, recommend
from cloud.pricing.retail.row_view import ExpectedFigure, ExpectedWeek
from cloud.pricing.retail.rules import PriceRules, RuleChanges
from cloud.pricing.retail.situation import Situation
from cloud.pricing.retail.states import PriceStates

LEAST_SHARE: Final = 0.7
MOST_SHARE: Final = 1.3
CURVE_POINTS: Final = 25
LARGEST_CHANGE: Final = 10

Amount = Annotated[int, Meta(ge=1, le=10**12)]


class ScenarioChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is other than it is: amounts in minor units, or changes as shares of what is known."""

    cost_minor: Amount | None = None
    cost_change: Decimal | None = None
    competitor_price_minor: Amount | None = None
    competitor_price_change: Decimal | None = None
    stock: Annotated[int, Meta(ge=0, le=10**9)] | None = None
    rules: RuleChanges | None = None

    def __post_init__(self) -> None:
        for name in ("cost", "competitor_price"):
            amount, change = getattr(self, f"{name}_minor"), getattr(self, f"{name}_change")
            if amount is not None and change is not None:
                raise ValueError(f"{name}: give an amount or a change, not both")
            if change is not None and not -1 < change <= LARGEST_CHANGE:
                raise ValueError(
                    f"{name}_change is {change}: write a share above -1, at most {LARGEST_CHANGE}"
                )


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """The rows of a scenario at one share of their current prices."""

    share: float
    price_minor: int | None
    """None for several rows."""
    allowed_rows: int
    expected: ExpectedWeek | None
    """The sum of the rows with an estimate; None where there is none."""


def change_states(states: PriceStates, changes: ScenarioChanges) -> PriceStates:
    """The states under a scenario; what is unknown stays unknown under a change by a share."""
    stock = states.stock if changes.stock is None else np.full(len(states), float(changes.stock))
    return replace(
        states,
        stock=stock,
        cost_minor=_change(states.cost_minor, changes.cost_minor, changes.cost_change, 0.0),
        competitor_price_minor=_change(
            states.competitor_price_minor,
            changes.competitor_price_minor,
            changes.competitor_price_change,
            1.0,
        ),
    )


def change_rules(rules: PriceRules, changes: ScenarioChanges) -> PriceRules:
    """The rules under a scenario."""
    return rules if changes.rules is None else rules.with_changes(changes.rules)


def recommend_scenario(
    states: PriceStates,
    estimates: EstimateArrays,
    rules: PriceRules,
    on: date,
    changes: ScenarioChanges,
) -> Recommendations:
    """The recommendations under a scenario."""
    return recommend(change_states(states, changes), estimates, change_rules(rules, changes), on)


def compute_curve(situation: Situation) -> list[CurvePoint]:
    """What a week brings at shares of the current prices from 70 % to 130 %."""
    return [
        _compute_point(situation, float(share))
        for share in np.linspace(LEAST_SHARE, MOST_SHARE, CURVE_POINTS).round(4)
    ]


def _compute_point(situation: Situation, share: float) -> CurvePoint:
    states = situation.states
    price = np.maximum(np.floor(states.price_minor * share + 0.5), 1.0)
    return CurvePoint(
        share,
        int(price[0]) if len(states) == 1 else None,
        int((~situation.bounds.breaks(price).any(axis=0)).sum()),
        sum_week(expect_week(situation, price)),
    )


def sum_week(week: Expectations) -> ExpectedWeek | None:
    """What the rows with an estimate bring together; None where there is none."""
    units, revenue, margin = map(_add_up, (week.units, week.revenue_minor, week.margin_minor))
    return None if units is None or revenue is None else ExpectedWeek(units, revenue, margin)


def _add_up(spread: Spread) -> ExpectedFigure | None:
    """The sum of the known rows: their intervals add up, as if all were wrong together."""
    if np.isnan(spread.value).all():
        return None
    return ExpectedFigure(
        *(float(np.nansum(one)) for one in (spread.value, spread.low, spread.high))
    )


def _change(column: Floats, amount: int | None, change: Decimal | None, least: float) -> Floats:
    if amount is not None:
        return np.full(len(column), float(amount))
    if change is None:
        return column
    changed: Floats = np.maximum(np.floor(column * float(1 + change) + 0.5), least)
    return changed
