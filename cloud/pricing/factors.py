"""The factors of a price: one pure function for each, with its reason in words.

`FACTORS` is the one list of them, read by quotes and by price lists; the attention factor comes
before it. To add a factor: a function here, its entry in `FACTORS`, a test. Every value is a
decimal of at most four places, so that the factors of an answer multiply to its price. Hours and
months are those of the site's local clock.
"""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.pricing.rate_card import Bounds, RateCard
from cloud.pricing.slot import Slot, SlotColumns
from cloud.sites.site_model import Site

ONE: Final = Decimal(1)
FOUR_PLACES: Final = Decimal("0.0001")
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Factor:
    """One multiplier of a price: its name, its value, and its reason."""

    name: str
    value: Decimal
    reason: str


@dataclass(frozen=True, slots=True)
class PriceFactor:
    """A factor of the rate card. Slots of one site with the same `key` have the same value."""

    compute: Callable[[Site, Slot, RateCard], Factor]
    key: Callable[[SlotColumns], Integers]


def compute_attention(attention_s: float, base_attention_s: float, bounds: Bounds) -> Factor:
    """Expected attention against the attention for which the base rate was set."""
    measured = Decimal(attention_s / base_attention_s).quantize(FOUR_PLACES, ROUND_HALF_UP)
    value = min(max(measured, bounds.least), bounds.most)
    reason = (
        f"{attention_s:,.0f} attention seconds expected in the hour; "
        f"the base rate buys {base_attention_s:,.0f}"
    )
    if value != measured:
        side = "at least" if value > measured else "at most"
        reason += f", and the rate card counts {side} {value.normalize():f} of them"
    return Factor("attention", value, reason)


def compute_unobserved_attention(estimated_s: float) -> Factor:
    """An hour of the week that no camera has observed is sold at the base rate, not as empty."""
    reason = (
        "this hour of the week was not observed here, so the base rate is charged; "
        f"{estimated_s:,.0f} attention seconds are an estimate"
    )
    return Factor("attention", ONE, reason)


def compute_peak(slot: Slot, card: RateCard) -> Factor:
    """The hour of the local day."""
    band = card.band_at(slot.local.hour)
    when = f"{calendar.day_name[slot.local.weekday()]} {slot.local:%H:%M}"
    if band is None:
        return Factor("peak", ONE, f"{when} lies between the hours that the rate card names")
    hours = f"{band.from_hour:02}-{band.to_hour:02}"
    return Factor("peak", band.factor, f"{when} lies in the {band.name} ({hours})")


def compute_demographic(profile: str, card: RateCard) -> Factor:
    """The usual audience of the site."""
    return _of_word("demographic", profile, card.demographic.get(profile))


def compute_location(traffic: str, card: RateCard) -> Factor:
    """The kind of site."""
    return _of_word("location", traffic, card.traffic.get(traffic))


def compute_season(slot: Slot, card: RateCard) -> Factor:
    """The month of the local year."""
    found = card.season_in(slot.local.month)
    month = calendar.month_name[slot.local.month]
    if found is None:
        return Factor("season", ONE, f"{month} is in no season of the rate card")
    return Factor("season", found.factor, f"{month} is {found.name}")


def _of_word(name: str, word: str, value: Decimal | None) -> Factor:
    if value is None:
        return Factor(name, ONE, f"the rate card does not name {_write_word(word)!r}")
    return Factor(name, value, f"the location is marked {_write_word(word)!r}")


def _write_word(word: str) -> str:
    """A word of the sites file as text: `professionals_25_45` as `professionals 25-45`."""
    return re.sub(r"(?<=\d)_(?=\d)", "-", word).replace("_", " ")


def _same_for_site(slots: SlotColumns) -> Integers:
    return np.zeros(len(slots), dtype=np.int64)


FACTORS: Final[tuple[PriceFactor, ...]] = (
    PriceFactor(lambda _, slot, card: compute_peak(slot, card), lambda slots: slots.hour),
    PriceFactor(
        lambda site, _, card: compute_demographic(site.attributes.demographic, card),
        _same_for_site,
    ),
    PriceFactor(
        lambda site, _, card: compute_location(site.attributes.traffic, card), _same_for_site
    ),
    PriceFactor(lambda _, slot, card: compute_season(slot, card), lambda slots: slots.month),
)


def compute_base_factors(
    site: Site, slot: Slot, attention_s: float, card: RateCard, *, unobserved: bool = False
) -> tuple[Factor, ...]:
    """Every factor before the rules: attention, then those of the rate card."""
    attention = (
        compute_unobserved_attention(attention_s)
        if unobserved
        else compute_attention(attention_s, site.base_attention_s, card.attention)
    )
    return (attention, *(one.compute(site, slot, card) for one in FACTORS))
