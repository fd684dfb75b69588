"""The category follows from countries, VAT numbers, exceptions and the day."""

from datetime import date
from decimal import Decimal

import pytest

from cloud.billing.vat import (
    TaxParty,
    VatCategory,
    VatError,
    VatException,
    VatRate,
    VatRules,
    decide_vat,
    write_vat_number,
)
from tests.cloud.billing.billing_examples import RATES

GB = TaxParty("GB", "GB100000034")
DAY = date(2026, 11, 30)


def decide(buyer: TaxParty, on: date = DAY, rules: VatRules = RATES, seller: TaxParty = GB):
    found = decide_vat(rules, seller, buyer, on)
    return found.category.value, found.percent


@pytest.mark.parametrize(
    ("buyer", "expected"),
    [
        (TaxParty("GB"), ("S", Decimal(20))),
        (TaxParty("GB", "GB100000034"), ("S", Decimal(20))),
        (TaxParty("DE", "DE136695976"), ("AE", Decimal(0))),
        (TaxParty("DE", "DE136695977"), ("S", Decimal(20))),  # a wrong check digit
        (TaxParty("DE"), ("S", Decimal(20))),
        (TaxParty("GR", "EL094259216"), ("AE", Decimal(0))),
        (TaxParty("US", "12-3456789"), ("S", Decimal(20))),  # no VAT numbers
    ],
)
def test_the_category_follows_from_country_and_number(buyer, expected):
    assert decide(buyer) == expected


def test_the_rate_is_that_of_the_day():
    assert decide(TaxParty("GB"), date(2011, 1, 3)) == ("S", Decimal("17.5"))
    assert decide(TaxParty("GB"), date(2011, 1, 4)) == ("S", Decimal(20))
    with pytest.raises(VatError, match="no VAT rate of GB is valid on 2009-12-31"):
        decide(TaxParty("GB"), date(2009, 12, 31))


def test_an_exception_of_the_account_comes_before_one_of_the_country():
    rules = VatRules(
        rates=RATES.rates,
        exceptions=(
            VatException(category=VatCategory.EXEMPT, valid_from=date(2026, 1, 1),
                         reason="outside the scope", country="US"),
            VatException(category=VatCategory.ZERO, valid_from=date(2026, 1, 1),
                         valid_until=date(2026, 12, 1), reason="a charity", account="help"),
        ),
    )  # fmt: skip
    help_us = TaxParty("US", account="help")
    assert decide(help_us, rules=rules) == ("Z", Decimal(0))
    assert decide(help_us, date(2026, 12, 1), rules) == ("E", Decimal(0))
    assert decide(TaxParty("GB", account="help"), date(2025, 1, 1), rules)[0] == "S"


@pytest.mark.parametrize(
    ("country", "number", "written"),
    [
        ("GB", "GB 100 0000 34", "GB100000034"), ("GB", "100000034", "GB100000034"),
        ("GR", "094259216", "EL094259216"), ("DE", "GB100000034", None), ("US", "123", None),
        ("GB", None, None), ("GB", "", None),
    ],
)  # fmt: skip
def test_a_number_is_written_with_its_prefix_or_refused(country, number, written):
    assert write_vat_number(country, number) == written


@pytest.mark.parametrize("percent", ["0", "100", "-1", "NaN"])
def test_a_rate_outside_its_limits_is_refused(percent):
    with pytest.raises(ValueError, match="above 0 and below 100"):
        VatRate(country="GB", percent=Decimal(percent), valid_from=DAY)
