"""Amounts in minor units and in decimals, by the minor unit that ISO 4217 gives each currency.

Prices are whole minor units: pence of a pound, yen, thousandths of a Kuwaiti dinar. The number of
decimals is that of the package `iso4217`, never assumed to be two.
"""

from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Final

from iso4217 import Currency

SIGNS: Final = {"GBP": "£", "EUR": "€", "USD": "$", "JPY": "¥"}


class MoneyError(ValueError):
    """An amount that the currency cannot express, or a code that is no currency."""


@cache
def exponent(currency: str) -> int:
    """Decimals of a currency: 2 for GBP, 0 for JPY, 3 for KWD. Raises MoneyError."""
    try:
        found: int | None = Currency(currency).exponent
    except ValueError:
        found = None
    if found is None:
        raise MoneyError(f"{currency[:8]!r} is no currency with a minor unit in ISO 4217")
    return found


def minor_per_unit(currency: str) -> int:
    """Minor units of one unit: 100 pence of a pound."""
    return int(10 ** exponent(currency))


def major(amount_minor: int | Decimal, currency: str) -> Decimal:
    """Minor units as an amount with the currency's decimals."""
    return Decimal(amount_minor).scaleb(-exponent(currency))


def minor(amount: Decimal, currency: str) -> int:
    """An amount in whole minor units; raises MoneyError for more decimals than there are."""
    scaled = amount.scaleb(exponent(currency))
    if not scaled.is_finite() or scaled != scaled.to_integral_value():
        decimals = exponent(currency)
        raise MoneyError(f"{amount} {currency}: write at most {decimals} decimals for {currency}")
    return int(scaled)


def round_minor(amount_minor: Decimal) -> int:
    """Whole minor units, halves away from zero."""
    return int(amount_minor.quantize(Decimal(1), ROUND_HALF_UP))


def written(amount_minor: int | Decimal, currency: str) -> str:
    """An amount for people, with the currency's decimals and without its name: 1,234.50."""
    return f"{major(amount_minor, currency):,.{exponent(currency)}f}"


def with_sign(amount: Decimal, currency: str) -> str:
    """An amount for people with its sign, or with its code where it has none here."""
    return f"{SIGNS.get(currency, currency + ' ')}{amount:,.{exponent(currency)}f}"
