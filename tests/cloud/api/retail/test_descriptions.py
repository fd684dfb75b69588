"""Recommendations as the API writes them, in yen as in pounds."""

from datetime import timedelta
from decimal import Decimal

import pytest

from cloud.api.retail.descriptions import describe_recommendation
from cloud.app.retail.price_inputs import CurrentPrice, CurrentSource, PriceInputs
from cloud.app.retail.rules_in_force import RulesInForce
from tests.cloud.app_context import FRIDAY_NOON
from tests.cloud.pricing.retail.price_examples import (
    make_estimate,
    make_rules,
    make_state,
    recommend_one,
)


@pytest.mark.parametrize(("currency", "price"), [("GBP", "3.33"), ("JPY", "333"), ("KWD", "0.333")])
def test_prices_have_the_decimals_of_their_currency(currency: str, price: str):
    state, rules = make_state(currency=currency), make_rules()
    at = FRIDAY_NOON - timedelta(minutes=1)
    current = CurrentPrice(349, CurrentSource.OBSERVED, at, None)
    inputs = PriceInputs(state, make_estimate(), current)
    found = recommend_one(state, make_estimate(), rules)
    answer = describe_recommendation(found, inputs, RulesInForce(rules, None), FRIDAY_NOON)
    assert (answer.price, answer.current.age_s) == (Decimal(price), 60)
    assert answer.rules.valid_from is None
