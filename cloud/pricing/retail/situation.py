"""What is known about the rows before a price is chosen: rules, demand, bounds, clearance, hold."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from cloud.forecast.retail.estimates import EstimateArrays, Evidence
from cloud.pricing.retail.bounds import PriceBounds, compute_bounds
from cloud.pricing.retail.demand import DemandColumns, align_demand
from cloud.pricing.retail.ladder import Floats
from cloud.pricing.retail.rule_columns import Flags, RuleColumns, resolve_rules
from cloud.pricing.retail.rules import PriceRules
from cloud.pricing.retail.states import PriceStates

DAYS_OF_WEEK: Final = 7.0


@dataclass(frozen=True, slots=True)
class Situation:
    """The rows with everything that a price is chosen from."""

    states: PriceStates
    demand: DemandColumns
    rules: RuleColumns
    bounds: PriceBounds
    can_move: Flags
    """Demand and cost are known well enough to move the price."""
    is_clearing: Flags
    is_on_hold: Flags
    clearing: Floats
    """Highest price that sells the stock in time, of shape (variants, rows); infinite without."""
    clearing_units: Floats
    """Units of a week that sell the stock in time."""
    available_units: Floats
    """Units that a week can sell from stock and deliveries; infinite where the stock is unknown."""
    sell_out: Floats
    """Price at which a week sells the available units, of shape (variants, rows)."""
    cost: Floats
    """The cost in the objective."""

    @property
    def moves(self) -> Flags:
        """Rows whose price follows the demand."""
        return self.can_move & ~self.is_on_hold

    @property
    def is_fixed(self) -> Flags:
        """Rows whose price stays: nothing moves it, and it keeps the hard rules."""
        return ~self.moves & (self.states.price_minor >= self.bounds.hard_floor)


def assess(
    states: PriceStates, estimates: EstimateArrays, rules: PriceRules, on: date
) -> Situation:
    """Resolve the rules, match the estimates and compute the bounds of every row."""
    columns = resolve_rules(rules, states, on)
    demand = align_demand(states, estimates)
    has_evidence = demand.has(Evidence.SUFFICIENT) | demand.has(Evidence.WEAK)
    can_move = has_evidence & np.isfinite(states.cost_minor)
    is_clearing = can_move & (columns.clearance_days >= 1) & (states.stock > 0)
    is_on_hold = ~is_clearing & (states.days_since_change < columns.hold_days)
    need = states.stock * DAYS_OF_WEEK / np.fmax(columns.clearance_days, 1)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        clearing = np.where(is_clearing, demand.price_for_units(need), np.inf)
        available = _find_available(states, columns)
        sell_out = demand.price_for_units(available)
    return Situation(
        states=states,
        demand=demand,
        rules=columns,
        bounds=compute_bounds(states, columns, is_clearing),
        can_move=can_move,
        is_clearing=is_clearing,
        is_on_hold=is_on_hold,
        clearing=clearing,
        clearing_units=need,
        available_units=available,
        sell_out=sell_out,
        cost=(1 - columns.volume_weight) * states.cost_minor,
    )


def _find_available(states: PriceStates, rules: RuleColumns) -> Floats:
    deliveries = np.fmax(DAYS_OF_WEEK / rules.delivery_days, 1.0)  # NaN: none
    return np.where(np.isnan(states.stock), np.inf, states.stock * deliveries)
