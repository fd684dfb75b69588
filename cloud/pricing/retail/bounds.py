"""What each rule lets a price be: a lowest and a highest whole minor unit for each row.

A rule without its input (no competitor price, no list price) has no bounds. While a clearance is
active it replaces the margin and the discount, and releases the lowest price of the other limits.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cloud.pricing.retail.ladder import Floats
from cloud.pricing.retail.rule_columns import Flags, RuleColumns
from cloud.pricing.retail.rules import BASIS_POINTS, Rule
from cloud.pricing.retail.states import PriceStates

BOUNDED: tuple[Rule, ...] = (
    Rule.LEGAL_FLOOR,
    Rule.MAP,
    Rule.COST,
    Rule.MINIMUM_MARGIN,
    Rule.MAXIMUM_DISCOUNT,
    Rule.MAXIMUM_MOVE,
    Rule.COMPETITOR_BAND,
)
"""The rules with bounds, in the order of the rows of `PriceBounds`."""
BAND: int = BOUNDED.index(Rule.COMPETITOR_BAND)
HARD: int = 3
"""The first rows of `PriceBounds` are those of the hard rules."""


@dataclass(frozen=True)
class PriceBounds:
    """Lowest and highest prices of shape (rules, rows); infinite where a rule sets none."""

    lowest: Floats
    highest: Floats

    @cached_property
    def floor(self) -> Floats:
        """The lowest price that every rule but the competitor band allows."""
        lowest: Floats = np.maximum(self.lowest[:BAND].max(axis=0), 1.0)
        return lowest

    @cached_property
    def hard_floor(self) -> Floats:
        """The lowest price that the hard rules allow."""
        lowest: Floats = np.maximum(self.lowest[:HARD].max(axis=0), 1.0)
        return lowest

    @cached_property
    def ceiling(self) -> Floats:
        """The highest price that every rule but the competitor band allows."""
        highest: Floats = self.highest[:BAND].min(axis=0)
        return highest

    @cached_property
    def is_contradictory(self) -> Flags:
        """Rows for which no price is allowed."""
        return self.floor > self.ceiling

    @cached_property
    def conflicts(self) -> Flags:
        """The rules, of shape (rules, rows), that exclude one another in contradictory rows."""
        excluded: Flags = (self.lowest > self.ceiling) | (self.highest < self.floor)
        excluded &= self.is_contradictory
        excluded[BAND] = False
        return excluded

    @cached_property
    def band_yields(self) -> Flags:
        """Rows whose competitor band has no price that the earlier rules allow."""
        rows: Flags = (self.lowest[BAND] > self.ceiling) | (self.highest[BAND] < self.floor)
        return rows

    @cached_property
    def allowed_floor(self) -> Floats:
        """The lowest allowed price with the competitor band, where it does not give way."""
        with_band = np.maximum(self.floor, self.lowest[BAND])
        return np.where(self.band_yields, self.floor, with_band)

    @cached_property
    def allowed_ceiling(self) -> Floats:
        """The highest allowed price with the competitor band, where it does not give way."""
        with_band = np.minimum(self.ceiling, self.highest[BAND])
        return np.where(self.band_yields, self.ceiling, with_band)

    def breaks(self, price: Floats) -> Flags:
        """Which rules a price breaks, of shape (rules, rows)."""
        return (price < self.lowest) | (price > self.highest)


def compute_bounds(states: PriceStates, rules: RuleColumns, is_clearing: Flags) -> PriceBounds:
    """The bounds of each rule; `is_clearing` marks the rows with an active clearance."""
    rows = len(states)
    lowest = np.full((len(BOUNDED), rows), -np.inf)
    highest = np.full((len(BOUNDED), rows), np.inf)

    def put(rule: Rule, low: Floats | None, high: Floats | None = None) -> None:
        place = BOUNDED.index(rule)
        if low is not None:
            lowest[place] = np.where(np.isnan(low), -np.inf, low)
        if high is not None:
            highest[place] = np.where(np.isnan(high), np.inf, high)

    put(Rule.LEGAL_FLOOR, states.legal_floor_minor)
    put(Rule.MAP, states.map_minor)
    may_lose = is_clearing & rules.may_clear_below_cost
    put(Rule.COST, _unless(may_lose, states.cost_minor + 1))
    put(Rule.MINIMUM_MARGIN, _unless(is_clearing, _margin_floor(states, rules)))
    put(Rule.MAXIMUM_DISCOUNT, _discount_floor(states, rules, is_clearing))
    low, high = _move_bounds(states, rules)
    put(Rule.MAXIMUM_MOVE, _unless(is_clearing, low), high)
    low, high = _competitor_bounds(states, rules)
    put(Rule.COMPETITOR_BAND, _unless(is_clearing, low), high)
    return PriceBounds(lowest, highest)


def _unless(released: Flags, bound: Floats) -> Floats:
    return np.where(released, np.nan, bound)


def _margin_floor(states: PriceStates, rules: RuleColumns) -> Floats:
    """The lowest price p with (p - cost) / p of at least the minimum margin."""
    return np.ceil(states.cost_minor * BASIS_POINTS / (BASIS_POINTS - rules.minimum_margin_bp))


def _discount_floor(states: PriceStates, rules: RuleColumns, is_clearing: Flags) -> Floats:
    most = np.where(is_clearing, rules.clearance_discount_bp, rules.maximum_discount_bp)
    lowest: Floats = np.ceil(states.list_price_minor * (BASIS_POINTS - most) / BASIS_POINTS)
    return lowest


def _move_bounds(states: PriceStates, rules: RuleColumns) -> tuple[Floats, Floats]:
    price, most = states.price_minor, rules.maximum_move_bp
    low = np.ceil(price * (BASIS_POINTS - most) / BASIS_POINTS)
    return low, np.floor(price * (BASIS_POINTS + most) / BASIS_POINTS)


def _competitor_bounds(states: PriceStates, rules: RuleColumns) -> tuple[Floats, Floats]:
    """The band around the competitor's price; at least one minor unit is inside."""
    theirs = states.competitor_price_minor
    low = np.ceil(theirs * rules.competitor_least_bp / BASIS_POINTS)
    high = np.floor(theirs * rules.competitor_most_bp / BASIS_POINTS)
    return low, np.where(np.isnan(low), high, np.maximum(high, low))
