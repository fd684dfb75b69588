"""Demand of each row from its estimate: units at a price, their range, and the best price.

Units of a week are `baseline_units * (price / baseline_price) ** elasticity`. All arrays have three
variants in their first axis: the elasticity as estimated, and the low and the high end of its
range. A row without an estimate has NaN.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.forecast.retail.estimates import EVIDENCE, EstimateArrays, Evidence
from cloud.pricing.retail.ladder import Floats
from cloud.pricing.retail.rule_columns import Flags
from cloud.pricing.retail.states import PriceStates

MAX_ELASTICITY: Final = -1.05
"""The best markup e / (1 + e) grows without limit towards -1: here it is at most 21."""
RANGE_COVERAGE_SDS: Final = 1.6449
"""The published range counts as the middle 90 % of a normal distribution."""
POINT: Final = 0
VARIANTS: Final = 3
NO_ESTIMATE: Final = -1


@dataclass(frozen=True, slots=True)
class DemandColumns:
    """The estimates of the rows; `elasticity` has the shape (variants, rows)."""

    elasticity: Floats
    spread: Floats
    """Standard deviation of the elasticity that the range stands for."""
    baseline_units: Floats
    baseline_price_minor: Floats
    evidence: NDArray[np.int8]
    """Indices of `EVIDENCE`; -1 without an estimate."""
    stockpiling_share: Floats

    def has(self, evidence: Evidence) -> Flags:
        """The rows with such evidence."""
        rows: Flags = self.evidence == EVIDENCE.index(evidence)
        return rows

    def units(self, price_minor: Floats) -> Floats:
        """Expected units of a week at one price a row, of shape (variants, rows)."""
        ratio = price_minor / self.baseline_price_minor
        units: Floats = self.baseline_units * ratio**self.elasticity
        return units

    def best_price(self, cost_minor: Floats, volume_weight: Floats) -> Floats:
        """The price with the highest objective, of shape (variants, rows), before any rule.

        The objective (1 - w) * margin + w * revenue is the margin at the cost (1 - w) * cost, so
        the price is that cost times the markup e / (1 + e).
        """
        elasticity = np.minimum(self.elasticity, MAX_ELASTICITY)
        best: Floats = (1 - volume_weight) * cost_minor * elasticity / (1 + elasticity)
        return best

    def price_for_units(self, units: Floats) -> Floats:
        """The price at which a week's expected units are these, of shape (variants, rows)."""
        share = units / self.baseline_units
        return self.baseline_price_minor * share ** (1 / np.minimum(self.elasticity, -1e-9))


def align_demand(states: PriceStates, estimates: EstimateArrays) -> DemandColumns:
    """The estimate of each row by product and store, whatever the order of the estimates."""
    place = _find_places(states, estimates)
    has_one = place >= 0

    def take(column: NDArray[np.generic]) -> Floats:
        found = np.full(len(states), np.nan)
        found[has_one] = column[place[has_one]]
        return found

    evidence = np.full(len(states), NO_ESTIMATE, np.int8)
    evidence[has_one] = estimates.evidence[place[has_one]]
    low, high = take(estimates.elasticity_low), take(estimates.elasticity_high)
    return DemandColumns(
        elasticity=np.array([take(estimates.elasticity), low, high]),
        spread=np.maximum(
            take(estimates.standard_error), (high - low) / (2 * RANGE_COVERAGE_SDS)
        ),
        baseline_units=take(estimates.baseline_units),
        baseline_price_minor=take(estimates.baseline_price_minor),
        evidence=evidence,
        stockpiling_share=take(estimates.stockpiling_share),
    )  # fmt: skip


def _find_places(states: PriceStates, estimates: EstimateArrays) -> NDArray[np.int64]:
    """The place of each row's estimate; -1 where there is none."""
    names = zip(estimates.product.tolist(), estimates.store.tolist(), strict=True)
    places = {name: place for place, name in enumerate(names)}
    wanted = zip(states.product.tolist(), states.store.tolist(), strict=True)
    return np.array([places.get(name, -1) for name in wanted], np.int64)
