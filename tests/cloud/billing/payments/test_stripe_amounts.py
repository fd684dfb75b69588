"""Stripe's amounts and ISO 4217's minor units; ids of payment methods."""

import re

import pytest

from cloud.billing.payments.provider import METHOD_PATTERN, ProviderRefusedError
from cloud.billing.payments.stripe_amounts import from_stripe, to_stripe


@pytest.mark.parametrize(
    ("minor", "currency", "amount"),
    [(900, "GBP", 900), (900, "JPY", 900), (900, "ISK", 90_000), (1_230, "KWD", 1_230)],
)
def test_amounts_are_converted_both_ways(minor, currency, amount):
    assert to_stripe(minor, currency) == amount
    assert from_stripe(amount, currency) == minor


def test_thousandths_are_charged_in_tens():
    with pytest.raises(ProviderRefusedError, match="whole tens only"):
        to_stripe(1_231, "KWD")


@pytest.mark.parametrize("method", ["4242424242424242", "tok_visa", "pm_", "pm_a b"])
def test_only_ids_of_payment_methods_are_accepted(method):

    assert not re.fullmatch(METHOD_PATTERN, method)
