"""The amounts of a price message in minor units, and what must hold between them."""

from dataclasses import dataclass
from typing import Final

from cloud.ingest.retail.price_error import PriceRefusal
from cloud.money import MoneyError, exponent
from cloud.retail_wire import (
    CLEARANCE,
    AmountError,
    PriceErrorReason,
    PriceMessage,
    parse_amount,
    parse_basis_points,
)

ALL_BP: Final = 10_000
REVENUE_FACTOR: Final = 2
"""Revenue may exceed units times list price by this factor: the price may have been higher
before, but no price produces revenue without end."""


@dataclass(frozen=True, slots=True)
class PointAmounts:
    """Whole minor units of the currency of the message."""

    price_minor: int
    cost_minor: int
    list_price_minor: int
    discount_bp: int
    revenue_minor: int
    competitor_price_minor: int | None


def read_amounts(message: PriceMessage) -> PointAmounts:
    """The amounts of a message; raises PriceRefusal."""
    decimals = _read_exponent(message.currency)
    competitor = message.competitor_price
    return PointAmounts(
        _read(message.price, decimals, "price"),
        _read(message.cost, decimals, "cost"),
        _read(message.list_price, decimals, "list_price"),
        _read_discount(message.discount_percent),
        _read(message.revenue, decimals, "revenue"),
        None if competitor is None else _read(competitor, decimals, "competitor_price"),
    )


def check_amounts(message: PriceMessage, amounts: PointAmounts) -> None:
    """Check amounts, units and stock of a message; raises PriceRefusal."""
    _check_signs(message, amounts)
    _check_discount(message, amounts)
    _check_cost(message, amounts)
    _check_revenue(message, amounts)


def _read_exponent(currency: str) -> int:
    try:
        return exponent(currency)
    except MoneyError as error:
        raise PriceRefusal(
            PriceErrorReason.UNKNOWN_CURRENCY, "currency", currency,
            "a currency of ISO 4217 in capital letters, such as GBP",
        ) from error  # fmt: skip


def _read(text: str, decimals: int, field: str) -> int:
    try:
        return parse_amount(text, decimals)
    except AmountError as error:
        raise PriceRefusal(
            PriceErrorReason.TOO_MANY_DECIMALS, field, text, str(error).partition("expected ")[2]
        ) from error


def _read_discount(percent: str) -> int:
    try:
        return parse_basis_points(percent)
    except AmountError as error:
        raise PriceRefusal(
            PriceErrorReason.TOO_MANY_DECIMALS, "discount_percent", percent, "at most 2 decimals"
        ) from error


def _check_signs(message: PriceMessage, amounts: PointAmounts) -> None:
    """A price of 0 is one that was not observed; the same holds for costs."""
    named = (
        ("price", message.price, amounts.price_minor),
        ("list_price", message.list_price, amounts.list_price_minor),
        ("cost", message.cost, amounts.cost_minor),
        ("competitor_price", message.competitor_price, amounts.competitor_price_minor),
    )
    for field, text, amount in named:
        if amount is not None and amount < 0:
            raise PriceRefusal(PriceErrorReason.NEGATIVE_AMOUNT, field, text, "more than 0")
        if amount == 0:
            reason = PriceErrorReason.ZERO_COST if field == "cost" else PriceErrorReason.ZERO_PRICE
            raise PriceRefusal(reason, field, text, "more than 0; leave out what is not known")
    if amounts.revenue_minor < 0:
        raise PriceRefusal(
            PriceErrorReason.NEGATIVE_AMOUNT, "revenue", message.revenue, "0 or more"
        )
    if message.units < 0:
        raise PriceRefusal(PriceErrorReason.NEGATIVE_UNITS, "units", message.units, "0 or more")
    if message.inventory is not None and message.inventory < 0:
        raise PriceRefusal(
            PriceErrorReason.NEGATIVE_STOCK, "inventory", message.inventory, "0 or more"
        )


def _check_discount(message: PriceMessage, amounts: PointAmounts) -> None:
    """List price less discount is the price within a minor unit.

    A discount has two decimals of a per cent: of a long list price, half of the last one is more.
    """
    if not 0 <= amounts.discount_bp <= ALL_BP:
        raise PriceRefusal(
            PriceErrorReason.INVALID_DISCOUNT, "discount_percent", message.discount_percent,
            "0 to 100 per cent of the list price",
        )  # fmt: skip
    paid = amounts.list_price_minor * (ALL_BP - amounts.discount_bp)
    tolerance = max(ALL_BP, amounts.list_price_minor // 2)
    if abs(paid - amounts.price_minor * ALL_BP) > tolerance:
        raise PriceRefusal(
            PriceErrorReason.WRONG_DISCOUNT, "discount_percent", message.discount_percent,
            f"the discount from list price {message.list_price} to price {message.price}",
        )  # fmt: skip


def _check_cost(message: PriceMessage, amounts: PointAmounts) -> None:
    """Only a clearance may be at or below its cost."""
    if amounts.price_minor <= amounts.cost_minor and message.promotion != CLEARANCE:
        raise PriceRefusal(
            PriceErrorReason.PRICE_BELOW_COST, "price", message.price,
            f"more than the cost {message.cost}, or the promotion {CLEARANCE}",
        )  # fmt: skip


def _check_revenue(message: PriceMessage, amounts: PointAmounts) -> None:
    dearest = max(amounts.price_minor, amounts.list_price_minor)
    most = REVENUE_FACTOR * message.units * dearest
    if amounts.revenue_minor > most:
        raise PriceRefusal(
            PriceErrorReason.WRONG_REVENUE, "revenue", message.revenue,
            f"what {message.units} units can bring at list price {message.list_price}",
        )  # fmt: skip
