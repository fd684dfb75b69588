"""The confidence is the probability that its definition states, as drawn elasticities show."""

import numpy as np
import pytest

from cloud.pricing.retail.confidence import (
    compute_chance_of_gain,
    compute_chance_of_keeping,
    compute_chance_to_clear,
)
from cloud.pricing.retail.demand import DemandColumns

DRAWS = np.random.default_rng(7).normal(-2.5, 0.6, 200_000)
DEMAND = DemandColumns(
    elasticity=np.array([[-2.5], [-3.5], [-1.5]]),
    spread=np.array([0.6]),
    baseline_units=np.array([100.0]),
    baseline_price_minor=np.array([349.0]),
    evidence=np.array([0], np.int8),
    stockpiling_share=np.array([np.nan]),
)


def column(value: float) -> np.ndarray:
    return np.array([float(value)])


def margin(price: float, cost: float) -> np.ndarray:
    return (price - cost) * price**DRAWS


@pytest.mark.parametrize(
    ("price", "other", "cost"),
    [(333, 349, 200), (366, 349, 200), (250, 349, 200), (349, 349, 200), (349, 190, 200)],
)
def test_the_chance_of_gain_is_the_share_of_elasticities_with_a_gain(price, other, cost):
    found = compute_chance_of_gain(DEMAND, column(cost), column(price), column(other))
    expected = np.mean(margin(price, cost) >= margin(other, cost))
    assert found[0] == pytest.approx(expected, abs=0.005)


def test_the_chance_of_keeping_counts_both_neighbours():
    found = compute_chance_of_keeping(DEMAND, *map(column, (200, 339, 329, 349)))
    kept = margin(339, 200)
    expected = np.mean((kept >= margin(329, 200)) & (kept >= margin(349, 200)))
    assert found[0] == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize("price", [300, 349, 400])
def test_the_chance_to_clear_is_the_share_of_elasticities_that_sell_the_units(price):
    found = compute_chance_to_clear(DEMAND, column(price), column(120))
    expected = np.mean(100 * (price / 349) ** DRAWS >= 120)
    assert found[0] == pytest.approx(expected, abs=0.005)
