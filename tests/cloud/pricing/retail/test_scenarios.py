"""What-if equals the recommendation of changed inputs; curves sum what a week brings."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.forecast.retail.estimates import EstimateArrays
from cloud.pricing.retail.recommendation import recommend
from cloud.pricing.retail.row_view import list_rows
from cloud.pricing.retail.rules import RuleChanges
from cloud.pricing.retail.scenarios import (
    CURVE_POINTS,
    ScenarioChanges,
    compute_curve,
    recommend_scenario,
)
from cloud.pricing.retail.states import PriceStates
from tests.cloud.pricing.retail.price_examples import (
    ON,
    draw_row,
    draw_rules,
    make_estimate,
    make_rules,
    make_state,
    recommend_rows,
)


@settings(max_examples=15, deadline=None)
@given(draw_row(), draw_rules(), st.integers(1, 4_000), st.none() | st.integers(1, 6_000))
def test_a_scenario_equals_the_recommendation_of_the_changed_inputs(row, rules, cost, rival):
    state, estimate = row
    margin = Decimal("0.2")
    changes = ScenarioChanges(
        cost_minor=cost, competitor_price_minor=rival, rules=RuleChanges(minimum_margin=margin)
    )
    arrays = EstimateArrays.from_estimates([estimate])
    found = recommend_scenario(PriceStates.from_rows([state]), arrays, rules, ON, changes)
    changed = replace(
        state, cost_minor=cost, competitor_price_minor=rival or state.competitor_price_minor
    )
    defaults = rules.defaults.changed(RuleChanges(minimum_margin=margin))
    by_hand = type(rules)(version="b", defaults=defaults, ladders=rules.ladders)
    assert list_rows(found) == list_rows(recommend_rows([changed], [estimate], by_hand))


def test_without_changes_a_scenario_is_the_recommendation():
    states = PriceStates.from_rows([make_state()])
    arrays = EstimateArrays.from_estimates([make_estimate()])
    found = recommend_scenario(states, arrays, make_rules(), ON, ScenarioChanges())
    assert list_rows(found) == list_rows(recommend(states, arrays, make_rules(), ON))


def test_a_curve_sums_the_stores_and_counts_those_where_the_price_is_allowed():
    rows = [make_state(), make_state(store="s-2", price_minor=209), make_state(store="s-3")]
    estimates = [make_estimate(), make_estimate(store="s-2")]
    curve = compute_curve(recommend_rows(rows, estimates, make_rules()).situation)
    assert len(curve) == CURVE_POINTS
    same = next(point for point in curve if point.share == 1.0)
    assert same.expected.units.value == pytest.approx(100 + 100 * (209 / 349) ** -2.5)
    assert (same.price_minor, same.allowed_rows) == (None, 3)
    assert curve[0].allowed_rows == 2  # 70 % of 2.09 is below the cost
    assert curve[0].expected.units.value > curve[-1].expected.units.value


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cost_minor": 200, "cost_change": Decimal("0.1")}, "not both"),
        ({"competitor_price_change": Decimal(-1)}, "above -1"),
    ],
)
def test_changes_that_contradict_or_leave_no_price_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        ScenarioChanges(**changes)
