"""Expected units, revenue and margin of a week, with their intervals."""

import numpy as np
import pytest

from cloud.pricing.retail.expectations import expect_week
from tests.cloud.pricing.retail.price_examples import (
    make_estimate,
    make_rules,
    make_state,
    recommend_one,
    recommend_rows,
)


def test_expected_units_never_exceed_the_stock():
    found = recommend_one(make_state(stock=30), make_estimate(), make_rules())
    assert found.expected.units.value == 30
    assert all(one.expected.units.high <= 30 for one in found.alternatives)
    assert found.reasons[-1].code == "stock_limits_units"


def test_figures_follow_the_demand_and_are_missing_without_an_estimate():
    rows = [make_state(), make_state(product="other")]
    situation = recommend_rows(rows, [make_estimate()], make_rules()).situation
    week = expect_week(situation, np.array([400.0, 400.0]))
    units = 100 * (400 / 349) ** -2.5
    assert week.units.value[0] == pytest.approx(units)
    assert week.revenue_minor.value[0] == pytest.approx(units * 400)
    assert week.margin_minor.value[0] == pytest.approx(units * 200)
    assert week.units.low[0] == pytest.approx(100 * (400 / 349) ** -2.9)
    assert np.isnan(week.units.value[1])


def test_an_unknown_cost_has_no_margin():
    found = recommend_one(make_state(cost_minor=None), make_estimate(), make_rules())
    assert found.expected.margin_minor is None
    assert found.expected.revenue_minor.value == pytest.approx(34_900)


@pytest.mark.parametrize(("days", "units"), [(None, 30), (14, 30), (7, 30), (3, 70), (1, 100)])
def test_deliveries_fill_the_stock_up_within_a_week(days, units):
    rules = make_rules(delivery_every_days=days)
    found = recommend_one(make_state(stock=30), make_estimate(), rules)
    assert found.alternatives[0].expected.units.value == pytest.approx(units)
