"""Recommendations from known inputs: by currency, with and without changes."""

from datetime import timedelta
from decimal import Decimal

from cloud.app.retail.price_inputs import (
    CurrentPrice,
    CurrentSource,
    PriceInputs,
    UnknownRetailPrice,
)
from cloud.app.retail.recommending import (
    KnownPrices,
    assess_known,
    list_recommendations,
    recommend_known,
    split_currencies,
)
from cloud.app.retail.rules_in_force import RulesInForce
from cloud.pricing.retail.scenarios import ScenarioChanges
from cloud.sales.retail.prices import PriceKey
from tests.cloud.app_context import FRIDAY_NOON
from tests.cloud.pricing.retail.price_examples import make_estimate, make_rules, make_state

HOUR = timedelta(hours=1)


def make_known(*currencies: str) -> KnownPrices:
    """A store for each currency, and one without a price."""
    current = CurrentPrice(349, CurrentSource.OBSERVED, FRIDAY_NOON - HOUR, None)
    inputs: dict = {PriceKey("juice-1", "s-9"): UnknownRetailPrice("none")}
    for number, currency in enumerate(currencies, 1):
        state = make_state(store=f"s-{number}", currency=currency)
        estimate = make_estimate(store=f"s-{number}")
        inputs[PriceKey("juice-1", f"s-{number}")] = PriceInputs(state, estimate, current)
    return KnownPrices(FRIDAY_NOON, RulesInForce(make_rules(), None), inputs)


def test_only_usable_inputs_have_a_recommendation():
    found = list_recommendations(make_known("GBP", "GBP"))
    assert {key.store: one.price_minor for key, one in found.items()} == {"s-1": 333, "s-2": 333}
    assert list_recommendations(make_known()) == {}


def test_currencies_are_kept_apart():
    parts = split_currencies(make_known("JPY", "GBP", "JPY"))
    assert {currency: len(one.inputs) for currency, one in parts.items()} == {"GBP": 1, "JPY": 2}


def test_changes_apply_to_the_recommendation_and_to_its_bounds():
    known, changes = make_known("GBP"), ScenarioChanges(cost_change=Decimal("0.5"))
    assert recommend_known(known, changes).price_minor.tolist() == [500]
    assert assess_known(known, changes).states.cost_minor.tolist() == [300]
