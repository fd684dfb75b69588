"""Which rules bind: what was found, and the limit."""

from decimal import Decimal

import pytest

from cloud.pricing.retail.rules import CompetitorBand, PriceRules, Rule
from cloud.pricing.retail.states import PriceStateRow
from tests.cloud.pricing.retail.price_examples import (
    make_estimate,
    make_rules,
    make_state,
    recommend_one,
)


def list_binding(state: PriceStateRow, rules: PriceRules, **estimate: object) -> dict[Rule, tuple]:
    found = recommend_one(state, make_estimate(**estimate), rules)
    return {one.rule: (one.found_minor, one.limit_minor) for one in found.binding}


@pytest.mark.parametrize(
    ("state", "rules", "rule", "found_and_limit"),
    [
        ({"legal_floor_minor": 340}, {}, Rule.LEGAL_FLOOR, (333, 340)),
        ({"map_minor": 350}, {}, Rule.MAP, (333, 350)),
        ({"cost_minor": 200}, {"volume_weight": Decimal("0.9")}, Rule.COST, (33, 201)),
        ({}, {"minimum_margin": Decimal("0.45")}, Rule.MINIMUM_MARGIN, (333, 364)),
        (
            {"list_price_minor": 400},
            {"maximum_discount": Decimal("0.1")},
            Rule.MAXIMUM_DISCOUNT,
            (333, 360),
        ),
        ({"price_minor": 500}, {"maximum_move": Decimal("0.15")}, Rule.MAXIMUM_MOVE, (333, 425)),
        (
            {"competitor_price_minor": 300},
            {"competitor_band": CompetitorBand(most=Decimal("1.05"))},
            Rule.COMPETITOR_BAND,
            (333, 315),
        ),
        ({}, {"ladder": True}, Rule.LADDER, (333, 329)),
    ],
    ids=lambda value: str(value) if isinstance(value, Rule) else "",
)
def test_each_rule_that_binds_is_named_with_what_was_found_and_its_limit(
    state, rules, rule, found_and_limit
):
    assert list_binding(make_state(**state), make_rules(**rules)) == {rule: found_and_limit}
