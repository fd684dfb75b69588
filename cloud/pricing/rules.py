"""Rules that change a price after its factors: rounding, occupancy, daily move, limits, override.

They apply in this order, and a later rule takes precedence: a price is never above the ceiling of
the rate card, does not jump from one day to the next because a position was sold, and an override
stays within the limits. Each rule maps integers in minor units to such integers and keeps their
order, so more attention never costs less. The change of a rule becomes a factor of twelve digits,
enough to reproduce the price exactly.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from cloud.money import written
from cloud.pricing.factors import Factor
from cloud.pricing.market import Market
from cloud.pricing.rate_card import PLACES, RateCard

Amount = TypeVar("Amount", int, NDArray[np.int64])
"""One price, or a column of them."""
ONE_MINOR: Final = Decimal(1)
TWELVE_DIGITS: Final = Context(prec=12)
UNIT: Final = 10**PLACES


@dataclass(frozen=True, slots=True)
class RuleResult:
    """The price after a rule."""

    name: str
    price_minor: int
    reason: str


@dataclass(frozen=True, slots=True)
class RuleTerms:
    """The inputs of a rule besides the price: base rate, currency, rate card, market."""

    base_minor: int
    currency: str
    card: RateCard
    market: Market

    def written(self, amount_minor: int) -> str:
        """An amount in the currency's decimals."""
        return written(amount_minor, self.currency)


def apply_rules(amount: Decimal, terms: RuleTerms) -> Iterator[Factor]:
    """A factor for each rule that changes `amount` minor units."""
    price = round_minor(amount)
    for rule in (_step, _occupancy, _move, _limit, _override):
        for ruling in rule(price, terms):
            if ruling.price_minor != price:
                value = TWELVE_DIGITS.divide(Decimal(ruling.price_minor), amount)
                yield Factor(ruling.name, value, ruling.reason)
                amount, price = amount * value, ruling.price_minor


def round_minor(amount: Decimal) -> int:
    """Integer minor units, halves up."""
    return int(amount.quantize(ONE_MINOR, ROUND_HALF_UP))


def round_to_step(price: Amount, step: int) -> Amount:
    """The nearest multiple of `step`, halves up."""
    return (2 * price + step) // (2 * step) * step


def compute_daily_bounds(published: Amount, most: Decimal, days: Amount) -> tuple[Amount, Amount]:
    """The lowest and highest price after so many daily moves, at least one minor unit apart."""
    move = int(most * UNIT) * days
    least = -(-published * (UNIT - move) // UNIT)
    highest = published * (UNIT + move) // UNIT
    return least - (least == published), highest + (highest == published)


def compute_card_limits(base_minor: int, card: RateCard) -> tuple[int, int]:
    """The least and the most that the card lets an hour of that base rate cost."""
    least, most = (
        round_minor(base_minor * bound) for bound in (card.limits.least, card.limits.most)
    )
    return max(1, least), max(1, most)


def _step(price: int, terms: RuleTerms) -> Iterable[RuleResult]:
    step = terms.card.rounding_minor
    if step > 1:
        reason = f"the rate card rounds to {terms.written(step)}"
        yield RuleResult("rounding", max(step, round_to_step(price, step)), reason)


def _occupancy(price: int, terms: RuleTerms) -> Iterable[RuleResult]:
    occupancy = terms.market.occupancy
    if occupancy is not None:
        yield RuleResult("occupancy", max(price, occupancy.bid_minor), occupancy.reason)


def _move(price: int, terms: RuleTerms) -> Iterable[RuleResult]:
    before, card = terms.market.published, terms.card
    if before is None or card.daily_move is None:
        return
    least, most = compute_daily_bounds(before.price_minor, card.daily_move, before.days)
    reason = (
        f"at most {card.daily_move:.0%} a day from {terms.written(before.price_minor)}, published "
        f"on {before.published_on} ({before.versions})"
    )
    yield RuleResult("daily move", min(max(price, least), most), reason)


def _limit(price: int, terms: RuleTerms) -> Iterable[RuleResult]:
    card = terms.card
    least, most = compute_card_limits(terms.base_minor, card)
    below = f"the rate card allows no less than {card.limits.least} of the base rate"
    above = f"the rate card allows no more than {card.limits.most} times the base rate"
    yield RuleResult("floor", max(price, least), below)
    yield RuleResult("ceiling", min(max(price, least), most), above)


def _override(price: int, terms: RuleTerms) -> Iterable[RuleResult]:
    held = terms.market.override
    if held is not None:
        least, most = compute_card_limits(terms.base_minor, terms.card)
        price_minor = min(max(held.price_minor, least), most)
        reason = (
            f"override {held.number} by {held.author} in place of {terms.written(price)}: "
            f"{held.reason}"
        )
        if held.account is not None:
            reason += f" (a deal of the account {held.account})"
        if price_minor != held.price_minor:
            reason += (
                f" (set to {terms.written(held.price_minor)}, which the rate card no longer allows)"
            )
        yield RuleResult("override", price_minor, reason)
