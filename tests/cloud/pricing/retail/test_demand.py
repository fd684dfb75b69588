"""Demand by row: matched by product and store, and its best price."""

import numpy as np
import pytest

from cloud.forecast.retail.estimates import EstimateArrays
from cloud.pricing.retail.demand import NO_ESTIMATE, align_demand
from cloud.pricing.retail.states import PriceStates
from tests.cloud.pricing.retail.price_examples import make_estimate, make_state

STATES = PriceStates.from_rows([make_state(), make_state(product="b"), make_state(product="c")])
ESTIMATES = EstimateArrays.from_estimates(
    [make_estimate(product="c", elasticity=-3.0), make_estimate(), make_estimate(product="x")]
)


def test_estimates_are_matched_by_product_and_store_in_any_order():
    demand = align_demand(STATES, ESTIMATES)
    assert demand.elasticity[0, [0, 2]].tolist() == [-2.5, -3.0]
    assert np.isnan(demand.elasticity[0, 1])
    assert demand.evidence.tolist() == [0, NO_ESTIMATE, 0]


def test_the_best_price_has_the_highest_margin_of_all_prices():
    demand = align_demand(STATES, ESTIMATES)
    best = demand.best_price(STATES.cost_minor, np.zeros(3))[0, 0]
    prices = np.linspace(210, 800, 5_901)
    margins = [(price - 200) * demand.units(np.full(3, price))[0, 0] for price in prices]
    assert prices[np.argmax(margins)] == pytest.approx(best, abs=0.1)


def test_the_price_for_units_sells_these_units():
    demand = align_demand(STATES, ESTIMATES)
    price = demand.price_for_units(np.full(3, 250.0))
    assert demand.units(price[0])[0, [0, 2]] == pytest.approx([250, 250])
