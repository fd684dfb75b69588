"""Amounts keep the decimals of their currency, also when converted and converted back."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.money import MoneyError, exponent, major, minor, with_sign, written
from cloud.sites.vocabulary import CURRENCIES


@pytest.mark.parametrize(
    ("currency", "amount_minor", "amount", "text"),
    [
        ("GBP", 123450, "1234.50", "1,234.50"),
        ("JPY", 123450, "123450", "123,450"),
        ("KWD", 123450, "123.450", "123.450"),
        ("CLF", 123450, "12.3450", "12.3450"),
        ("GBP", 0, "0.00", "0.00"),
    ],
)
def test_minor_units_have_the_currencys_decimals(currency, amount_minor, amount, text):
    assert str(major(amount_minor, currency)) == amount
    assert minor(Decimal(amount), currency) == amount_minor
    assert written(amount_minor, currency) == text


def test_an_amount_has_its_sign_or_its_code():
    assert with_sign(Decimal("1234.5"), "GBP") == "£1,234.50"
    assert with_sign(Decimal(1234), "KWD") == "KWD 1,234.000"


@pytest.mark.parametrize(
    ("amount", "currency", "sentence"),
    [
        ("0.005", "GBP", "at most 2 decimals for GBP"),
        ("10.5", "JPY", "at most 0 decimals for JPY"),
        ("NaN", "GBP", "at most 2 decimals"),
        ("Infinity", "GBP", "at most 2 decimals"),
        ("1", "XAU", "'XAU' is no currency with a minor unit"),
        ("1", "ABC", "'ABC' is no currency"),
        ("1", "", "'' is no currency"),
    ],
)
def test_what_a_currency_cannot_express_is_refused(amount, currency, sentence):
    with pytest.raises(MoneyError, match=sentence):
        minor(Decimal(amount), currency)


@given(st.sampled_from(sorted(CURRENCIES)), st.integers(-(10**14), 10**14))
def test_there_and_back_is_the_same_amount(currency, amount_minor):
    assert minor(major(amount_minor, currency), currency) == amount_minor
    assert 0 <= exponent(currency) <= 4
