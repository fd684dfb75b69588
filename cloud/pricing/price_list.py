"""Price many slots of one site at once, each exactly as its quote.

Products are computed in floating point, accurate to a hundred-thousandth of a minor unit. The few
that are nearer than that to half a minor unit are computed again in decimals, one by one. The rules
after the factors use integers here as there.
"""

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.pricing.factors import FACTORS, compute_base_factors
from cloud.pricing.market import Market
from cloud.pricing.rate_card import RateCard
from cloud.pricing.rules import (
    UNIT,
    compute_card_limits,
    compute_daily_bounds,
    round_minor,
    round_to_step,
)
from cloud.pricing.slot import SlotColumns
from cloud.sites.site_model import Site

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
DOUBTFUL_MINOR: Final = 1e-4
DOUBTFUL_FACTOR: Final = 1e-6
"""In units of the last of its four decimals."""


def price_slots(
    site: Site,
    slots: SlotColumns,
    attention_s: Floats,
    card: RateCard,
    markets: Sequence[Market] | None = None,
    *,
    unobserved: NDArray[np.bool_] | None = None,
) -> Integers:
    """Whole minor units for each slot at the attention seconds expected in it, as `quote` has them.

    Slots that are `unobserved` are priced at the base rate.
    """
    never = np.zeros(attention_s.shape, dtype=bool) if unobserved is None else unobserved
    attention, doubtful = _attention(attention_s, site.base_attention_s, card)
    attention = np.where(never, UNIT, attention)
    amount = site.base_rate_minor * attention / UNIT * _card_factors(site, slots, card)
    doubtful |= np.abs(amount % 1 - 0.5) < DOUBTFUL_MINOR
    price = np.floor(amount + 0.5).astype(np.int64)
    for at in np.flatnonzero(doubtful).tolist():
        made_of = compute_base_factors(
            site, slots.slots[at], float(attention_s[at]), card, unobserved=bool(never[at])
        )
        product = math.prod((one.value for one in made_of), start=Decimal(site.base_rate_minor))
        price[at] = round_minor(product)
    return _ruled(price, site.base_rate_minor, card, markets)


def _attention(
    attention_s: Floats, base_attention_s: float, card: RateCard
) -> tuple[Floats, NDArray[np.bool_]]:
    """The attention factor in units of its last decimal, and where it may be one off."""
    least, most = (float(bound * UNIT) for bound in (card.attention.least, card.attention.most))
    measured = np.clip(attention_s / base_attention_s * UNIT, least, most)
    return np.floor(measured + 0.5), np.abs(measured % 1 - 0.5) < DOUBTFUL_FACTOR


def _card_factors(site: Site, slots: SlotColumns, card: RateCard) -> Floats:
    """The product of the rate card's factors: each computed once for slots with the same key."""
    product = np.ones(len(slots))
    for factor in FACTORS:
        _, first, which = np.unique(factor.key(slots), return_index=True, return_inverse=True)
        values = [factor.compute(site, slots.slots[at], card).value for at in first.tolist()]
        product *= np.array([float(value) for value in values])[which]
    return product


def _ruled(
    price: Integers, base_minor: int, card: RateCard, markets: Sequence[Market] | None
) -> Integers:
    if card.rounding_minor > 1:
        price = np.maximum(card.rounding_minor, round_to_step(price, card.rounding_minor))
    if markets is not None:
        price = _traded(price, card, markets)
    least, most = compute_card_limits(base_minor, card)
    for at, market in enumerate(markets or ()):
        if market.override is not None:
            price[at] = market.override.price_minor
    return np.minimum(np.maximum(price, least), most)


def _traded(price: Integers, card: RateCard, markets: Sequence[Market]) -> Integers:
    bids = [one.occupancy.bid_minor if one.occupancy else 0 for one in markets]
    price = np.maximum(price, np.array(bids, dtype=np.int64))
    if card.daily_move is None:
        return price
    last = [
        (one.published.price_minor, one.published.days) if one.published else (0, 0)
        for one in markets
    ]
    before, days = np.array(last, dtype=np.int64).reshape(-1, 2).T
    least, most = compute_daily_bounds(before, card.daily_move, days)
    return np.where(before > 0, np.minimum(np.maximum(price, least), most), price)
