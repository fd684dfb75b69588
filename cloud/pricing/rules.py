"""What may change a price after its factors: rounding, occupancy, daily move, limits, override.

In this order, so that the later rule wins: a price is never above the card's ceiling, whatever is
free, and never leaps from one day to the next because a share was sold; what somebody sets
in its place stays within the limits as well. Each rule maps whole pence
to whole pence and never turns two prices round, so more attention never costs less. What a rule
does becomes a factor of twelve digits, enough to come out at the same penny.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from cloud.pricing.factors import Factor
from cloud.pricing.market import Market
from cloud.pricing.rate_card import PLACES, RateCard

Pence = TypeVar("Pence", int, NDArray[np.int64])
"""One price, or a column of them."""
PENNY: Final = Decimal(1)
TWELVE_DIGITS: Final = Context(prec=12)
UNIT: Final = 10**PLACES


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a rule makes of a price."""

    name: str
    pence: int
    reason: str


def ruled(amount: Decimal, base_pence: int, card: RateCard, market: Market) -> Iterator[Factor]:
    """A factor for each rule that bites on `amount` pence."""
    price = rounded(amount)
    for rule in (_step, _occupancy, _move, _limit, _override):
        for ruling in rule(price, base_pence, card, market):
            if ruling.pence != price:
                value = TWELVE_DIGITS.divide(Decimal(ruling.pence), amount)
                yield Factor(ruling.name, value, ruling.reason)
                amount, price = amount * value, ruling.pence


def rounded(amount: Decimal) -> int:
    """Whole pence, halves up."""
    return int(amount.quantize(PENNY, ROUND_HALF_UP))


def to_step(price: Pence, step: int) -> Pence:
    """The nearest multiple of `step`, halves up."""
    return (2 * price + step) // (2 * step) * step


def moved_from(published: Pence, most: Decimal, days: Pence) -> tuple[Pence, Pence]:
    """The least and the most after so many days' moves; always room for one penny."""
    move = int(most * UNIT) * days
    least = -(-published * (UNIT - move) // UNIT)
    highest = published * (UNIT + move) // UNIT
    return least - (least == published), highest + (highest == published)


def card_limits(base_pence: int, card: RateCard) -> tuple[int, int]:
    """The least and the most that the card lets an hour of that base rate cost."""
    least, most = (rounded(base_pence * bound) for bound in (card.limits.least, card.limits.most))
    return max(1, least), max(1, most)


def _step(price: int, base_pence: int, card: RateCard, market: Market) -> Iterable[Ruling]:
    step = card.rounding_pence
    if step > 1:
        reason = f"the card rounds to {in_pounds(step)}"
        yield Ruling("rounding", max(step, to_step(price, step)), reason)


def _occupancy(price: int, base_pence: int, card: RateCard, market: Market) -> Iterable[Ruling]:
    if market.occupancy is not None:
        yield Ruling("occupancy", max(price, market.occupancy.bid_pence), market.occupancy.reason)


def _move(price: int, base_pence: int, card: RateCard, market: Market) -> Iterable[Ruling]:
    before = market.published
    if before is None or card.daily_move is None:
        return
    least, most = moved_from(before.price_pence, card.daily_move, before.days)
    reason = (
        f"at most {card.daily_move:.0%} a day from {in_pounds(before.price_pence)}, published on "
        f"{before.published_on} ({before.versions})"
    )
    yield Ruling("daily move", min(max(price, least), most), reason)


def _limit(price: int, base_pence: int, card: RateCard, market: Market) -> Iterable[Ruling]:
    least, most = card_limits(base_pence, card)
    below = f"the card never goes below {card.limits.least} of the base rate"
    above = f"the card never goes above {card.limits.most} times the base rate"
    yield Ruling("floor", max(price, least), below)
    yield Ruling("ceiling", min(max(price, least), most), above)


def _override(price: int, base_pence: int, card: RateCard, market: Market) -> Iterable[Ruling]:
    if market.override is not None:
        held = market.override
        least, most = card_limits(base_pence, card)
        pence = min(max(held.price_pence, least), most)
        reason = (
            f"override {held.number} by {held.author} in place of {in_pounds(price)}: {held.reason}"
        )
        if held.account is not None:
            reason += f" (a deal of the account {held.account})"
        if pence != held.price_pence:
            reason += f" (set to {in_pounds(held.price_pence)}, which the card no longer allows)"
        yield Ruling("override", pence, reason)


def in_pounds(pence: int) -> str:
    """Hundredths as an amount with two decimals."""
    return f"{Decimal(pence).scaleb(-2):,.2f}"
