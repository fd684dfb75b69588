"""What a price is made of: one pure function for each factor, with the reason in words.

Every value is a decimal of at most four places, so that anybody can multiply the factors shown
and come out at the price. Hours and months are those of the location's own clock.
"""

import calendar
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from cloud.pricing.rate_card import Bounds, RateCard
from cloud.pricing.slot import Slot

ONE: Final = Decimal(1)
FOUR_PLACES: Final = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Factor:
    """One multiplier of a price: what it is called, what it is, and why."""

    name: str
    value: Decimal
    reason: str


def attention(looking_s: float, base_looking_s: float, bounds: Bounds) -> Factor:
    """Expected looking time against the looking time that the base rate was set for."""
    measured = Decimal(looking_s / base_looking_s).quantize(FOUR_PLACES, ROUND_HALF_UP)
    value = min(max(measured, bounds.least), bounds.most)
    reason = (
        f"{looking_s:,.0f} s of looking expected in the hour; "
        f"the base rate buys {base_looking_s:,.0f} s"
    )
    if value != measured:
        side = "at least" if value > measured else "at most"
        reason += f", and the card counts {side} {value.normalize():f} of it"
    return Factor("attention", value, reason)


def attention_unobserved(estimated_s: float) -> Factor:
    """An hour of the week that no camera has observed is sold at the base rate, not as empty."""
    reason = (
        "this hour of the week was not observed here, so the base rate is charged; "
        f"{estimated_s:,.0f} s of looking are an estimate"
    )
    return Factor("attention", ONE, reason)


def peak(slot: Slot, card: RateCard) -> Factor:
    """The hour of the local day."""
    band = card.band_at(slot.local.hour)
    when = f"{calendar.day_name[slot.local.weekday()]} {slot.local:%H:%M}"
    if band is None:
        return Factor("peak", ONE, f"{when} lies between the hours that the card names")
    hours = f"{band.from_hour:02}-{band.to_hour:02}"
    return Factor("peak", band.factor, f"{when} lies in the {band.name} ({hours})")


def demographic(profile: str, card: RateCard) -> Factor:
    """Who is usually there."""
    return _word("demographic", profile, card.demographic.get(profile))


def location(traffic: str, card: RateCard) -> Factor:
    """What kind of place it is."""
    return _word("location", traffic, card.traffic.get(traffic))


def season(slot: Slot, card: RateCard) -> Factor:
    """The month of the local year."""
    found = card.season_in(slot.local.month)
    month = calendar.month_name[slot.local.month]
    if found is None:
        return Factor("season", ONE, f"{month} is in no season of the card")
    return Factor("season", found.factor, f"{month} is {found.name}")


def _word(name: str, word: str, value: Decimal | None) -> Factor:
    if value is None:
        return Factor(name, ONE, f"the card does not name {word!r}")
    return Factor(name, value, f"the location is marked {word!r}")
