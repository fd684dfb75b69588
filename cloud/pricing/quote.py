"""A quote: base rate x factors, rounded to whole pence once, at the very end.

The same inputs give the same price, for ever: nothing here reads a clock, a file or a database.
What a limit takes or adds is a factor too, so the factors always multiply to the price.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from cloud.estate import Site
from cloud.forecast.outlook import Outlook
from cloud.pricing import factors
from cloud.pricing.factors import Factor
from cloud.pricing.rate_card import RateCard
from cloud.pricing.slot import Slot

PENNY: Final = Decimal(1)
TEN_PLACES: Final = Decimal("1e-10")


class QuoteError(ValueError):
    """A price that its own factors do not explain."""


@dataclass(frozen=True, slots=True)
class Quote:
    """The price of one advertiser's share of one slot, and everything it is made of.

    `low_pence` and `high_pence` are the prices at the P10 and the P90 of the attention forecast.
    """

    slot: Slot
    base_rate_pence: int
    factors: tuple[Factor, ...]
    price_pence: int
    low_pence: int
    high_pence: int
    currency: str
    rate_card: str

    def __post_init__(self) -> None:
        explained = _rounded(_product(self.base_rate_pence, self.factors))
        if explained != self.price_pence:
            raise QuoteError(f"factors come to {explained} pence, the price is {self.price_pence}")


def quote(site: Site, slot: Slot, outlook: Outlook, card: RateCard) -> Quote:
    """Price a slot of `site` on the attention that `outlook` expects in it."""
    made_of = explained(site, slot, outlook.looking_s.p50, card)
    low, high = (
        explained(site, slot, looking_s, card)
        for looking_s in (outlook.looking_s.p10, outlook.looking_s.p90)
    )
    return Quote(
        slot=slot,
        base_rate_pence=site.base_rate_pence,
        factors=made_of,
        price_pence=_rounded(_product(site.base_rate_pence, made_of)),
        low_pence=_rounded(_product(site.base_rate_pence, low)),
        high_pence=_rounded(_product(site.base_rate_pence, high)),
        currency=site.currency,
        rate_card=card.version,
    )


def explained(site: Site, slot: Slot, looking_s: float, card: RateCard) -> tuple[Factor, ...]:
    """Every factor of the price, the limit last and only where it bites."""
    made_of = (
        factors.attention(looking_s, site.base_looking_s, card.attention),
        factors.peak(slot, card),
        factors.demographic(site.attributes.demographic, card),
        factors.location(site.attributes.traffic, card),
        factors.season(slot, card),
    )
    return made_of + tuple(_limit(made_of, card))


def _limit(made_of: tuple[Factor, ...], card: RateCard) -> Iterable[Factor]:
    multiple = _product(1, made_of)
    least, most = card.limits.least, card.limits.most
    if multiple < least:
        reason = f"the card never goes below {least} of the base rate"
        yield Factor("floor", (least / multiple).quantize(TEN_PLACES), reason)
    if multiple > most:
        reason = f"the card never goes above {most} times the base rate"
        yield Factor("ceiling", (most / multiple).quantize(TEN_PLACES), reason)


def _product(base: int, made_of: tuple[Factor, ...]) -> Decimal:
    return math.prod((factor.value for factor in made_of), start=Decimal(base))


def _rounded(amount: Decimal) -> int:
    return int(amount.quantize(PENNY, ROUND_HALF_UP))
