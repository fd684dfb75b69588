"""The sentences of a recommendation."""

from decimal import Decimal

import pytest

from cloud.forecast.retail.estimates import Evidence
from cloud.pricing.retail.rules import CompetitorBand
from tests.cloud.pricing.retail.price_examples import (
    make_estimate,
    make_rules,
    make_state,
    recommend_one,
)


@pytest.mark.parametrize(
    ("currency", "amount"), [("JPY", "333 JPY"), ("KWD", "0.333 KWD"), ("GBP", "3.33 GBP")]
)
def test_amounts_have_the_decimals_of_their_currency(currency, amount):
    found = recommend_one(make_state(currency=currency), make_estimate(), make_rules())
    assert amount in found.reasons[0].sentence


def test_what_could_not_be_applied_is_said():
    rules = make_rules(
        competitor_band=CompetitorBand(least=Decimal("0.9")), maximum_discount=Decimal("0.5")
    )
    found = recommend_one(make_state(), make_estimate(stockpiling_share=0.21), rules)
    assert [one.code for one in found.reasons] == [
        "best_price", "stockpiling", "no_competitor_price", "no_list_price",
    ]  # fmt: skip
    assert "About 21 %" in found.reasons[1].sentence


def test_a_price_that_stays_because_it_is_the_best_says_so():
    found = recommend_one(make_state(price_minor=333), make_estimate(), make_rules())
    assert found.reasons[-1].code == "current_is_best"


def test_weak_evidence_that_keeps_the_price_names_both_ends_of_the_range():
    weak = make_estimate(evidence=Evidence.WEAK)
    found = recommend_one(make_state(), weak, make_rules())
    assert found.reasons[-1].sentence == (
        "The elasticities of the range lead to 3.05 GBP at one end and 3.82 GBP at the other: the "
        "price stays between them."
    )
