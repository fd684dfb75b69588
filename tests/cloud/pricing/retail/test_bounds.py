"""Bounds of each rule: exact in whole minor units."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.pricing.retail.bounds import BOUNDED, compute_bounds
from cloud.pricing.retail.rule_columns import resolve_rules
from cloud.pricing.retail.rules import Rule
from cloud.pricing.retail.states import PriceStates
from tests.cloud.pricing.retail.price_examples import ON, make_rules, make_state


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9), st.integers(0, 9_999))
def test_the_lowest_price_with_a_margin_is_exact(cost, points):
    share = Fraction(points, 10_000)
    states = PriceStates.from_rows([make_state(cost_minor=cost)])
    rules = resolve_rules(make_rules(minimum_margin=Decimal(points).scaleb(-4)), states, ON)
    bounds = compute_bounds(states, rules, np.zeros(1, bool))
    least = int(bounds.lowest[BOUNDED.index(Rule.MINIMUM_MARGIN), 0])
    assert least - cost >= share * least
    assert least == cost or least - 1 - cost < share * (least - 1)


def test_a_rule_without_its_input_has_no_bounds():
    states = PriceStates.from_rows([make_state(cost_minor=None)])
    rules = resolve_rules(make_rules(maximum_discount=Decimal("0.1")), states, ON)
    bounds = compute_bounds(states, rules, np.zeros(1, bool))
    assert (bounds.allowed_floor[0], bounds.allowed_ceiling[0]) == (1, np.inf)
