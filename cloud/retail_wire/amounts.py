"""Decimal strings as whole minor units, exactly and without a Decimal."""

from functools import lru_cache
from typing import Final

MOST_MINOR: Final = 10**15
"""Greater amounts are not prices, and their products would exceed 64 bits."""
PERCENT_DECIMALS: Final = 2


class AmountError(ValueError):
    """An amount that its currency cannot express."""


@lru_cache(maxsize=65_536)
def parse_amount(text: str, decimals: int) -> int:
    """The amount in minor units of a currency with `decimals` decimals.

    `text` has the form of `AMOUNT_PATTERN`. Trailing zeros may exceed the decimals.

    Raises:
        AmountError: there are more decimals, or the amount is too great.
    """
    whole, _, fraction = text.partition(".")
    if len(fraction) > decimals:
        if fraction[decimals:].strip("0"):
            raise AmountError(f"found {text}, expected at most {decimals} decimals")
        fraction = fraction[:decimals]
    amount = int(whole + fraction.ljust(decimals, "0"))
    if not -MOST_MINOR < amount < MOST_MINOR:
        raise AmountError(f"found {text}, expected less than {MOST_MINOR} minor units")
    return amount


def parse_basis_points(percent: str) -> int:
    """Per cent as basis points: "12.5" is 1,250. Raises AmountError."""
    return parse_amount(percent, PERCENT_DECIMALS)


def write_amount(amount_minor: int, decimals: int) -> str:
    """Minor units as the decimal string of the message: 349 is "3.49"."""
    if decimals == 0:
        return str(amount_minor)
    sign, digits = "-" if amount_minor < 0 else "", str(abs(amount_minor)).rjust(decimals + 1, "0")
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}"
