"""Rates of the day, or the last before it."""

from datetime import date
from decimal import Decimal

import pytest

from cloud.ingest.retail.exchange_rates import ExchangeRates, convert_minor

FRIDAY = date(2026, 3, 6)
RATES = ExchangeRates(
    "GBP",
    [("EUR", date(2026, 3, 9), Decimal("0.86")), ("EUR", FRIDAY, Decimal("0.85"))],
    oldest_days=5,
)


@pytest.mark.parametrize(
    ("day", "rate"),
    [(5, None), (6, "0.85"), (8, "0.85"), (9, "0.86"), (14, "0.86"), (15, None)],
)
def test_the_last_rate_is_used_for_some_days(day: int, rate: str | None) -> None:
    found = RATES.find("EUR", date(2026, 3, day))
    assert (found and str(found.rate)) == rate


def test_a_currency_without_rates_is_unknown() -> None:
    assert RATES.find("USD", FRIDAY) is None


@pytest.mark.parametrize(
    ("amount", "rate", "currency", "base", "converted"),
    [(349, "0.85", "EUR", "GBP", 297), (450, "0.005", "JPY", "GBP", 225),
     (1, "0.5", "EUR", "GBP", 1), (1_000, "2.4", "KWD", "GBP", 240),
     (100, "200", "GBP", "JPY", 200)],
)  # fmt: skip
def test_amounts_are_rounded_once(
    amount: int, rate: str, currency: str, base: str, converted: int
) -> None:
    assert convert_minor(amount, Decimal(rate), currency, base) == converted
