"""What can be bought for a brief: every future slot of every place that answers it.

Hard truths. A contact is an attentive impression: one play, seen by somebody who looks for at least
a second. A place whose camera only counts can be chosen by its profile but not by age or gender:
it is left out, by name, and nothing is guessed. How many different people pass is an assumption,
how often somebody comes back, and is said in the answer.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from cloud.api.desk import Desk, Made
from cloud.estate import Site, UnknownLocation
from cloud.forecast.interval import Interval
from cloud.forecast.outlook import Outlook
from cloud.pricing.impressions import SUPPRESSED_BELOW
from cloud.pricing.optimise.brief import MOST_SLOTS, Brief, BriefError, Group
from cloud.pricing.optimise.offer import Audience, Floats, Offer
from cloud.pricing.quote import quote
from cloud.pricing.slot import Slot, slots_on

PASSES_PER_WEEK: Final = 2.5
"""How often a person passes a place that he passes at all: an assumption, not a measurement."""
AHEAD: Final = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Slotted:
    """One slot as it is offered: contacts of one share, whoever they are."""

    site: Site
    slot: Slot
    price_pence: int
    contacts: Interval


@dataclass(frozen=True, slots=True)
class Offered:
    """The offer, what each of its keys stands for, and which places were left out and why."""

    offer: Offer
    slots: Mapping[str, Slotted]
    left_out: Mapping[str, str]
    forecasts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Place:
    """One place's part of the offer. `shares` are of the target and of each minimum's group."""

    site: Site
    made: Made
    slots: list[Slotted]
    passes: float
    target_share: float
    group_shares: Mapping[str, float]


def offered(desk: Desk, brief: Brief, *, passes_per_week: float = PASSES_PER_WEEK) -> Offered:
    """Everything that answers the brief; BriefError when nothing does."""
    now = desk.clock()
    left_out: dict[str, str] = {}
    places = []
    for site in _sites(desk, brief):
        reason = _unfit(site, brief)
        place = None if reason else _place(desk, site, brief, now)
        if place is None or not place.slots:
            left_out[site.id] = reason or _silent(brief)
        else:
            places.append(place)
    if not places:
        raise BriefError(_nothing(left_out))
    weeks = (brief.until_on - brief.first_on).days / 7
    return Offered(
        offer=_columns(places, brief, returns=max(1.0, passes_per_week * weeks)),
        slots={_key(slotted): slotted for place in places for slotted in place.slots},
        left_out=left_out,
        forecasts={place.site.id: place.made.forecast.model for place in places},
    )


def _sites(desk: Desk, brief: Brief) -> Iterator[Site]:
    """The places that the brief names, in the order of the estate."""
    known = {site.id for site in desk.estate}
    for name in sorted(brief.locations):
        if name not in known:
            try:
                desk.estate.location(name)
            except UnknownLocation as error:
                raise BriefError(str(error)) from None
    if len(known) * (brief.until_on - brief.first_on).days * 24 > 10 * MOST_SLOTS:
        raise BriefError(
            f"{len(known)} places over these dates are more slots than can be looked through: "
            "ask for fewer days"
        )
    for site in desk.estate:
        if not brief.locations or site.id in brief.locations:
            yield site


def _unfit(site: Site, brief: Brief) -> str:
    """Why the place does not answer the brief; empty when it does."""
    if brief.venues and site.venue not in brief.venues:
        return f"its venue is {site.venue}"
    if brief.profiles and site.attributes.demographic not in brief.profiles:
        return f"its profile is {site.attributes.demographic}"
    if site.currency != brief.currency:
        return f"it is sold in {site.currency}"
    return ""


def _place(desk: Desk, site: Site, brief: Brief, now: datetime) -> _Place | None:
    """The place's slots; None when its camera cannot tell the people that are sought."""
    made = desk.forecast(site)
    groups = {minimum.group.name: minimum.group for minimum in brief.minimums}
    target_share = share(brief.target, made.plays.cells)
    group_shares = {name: share(group, made.plays.cells) for name, group in groups.items()}
    if target_share is None:
        return None
    prices: dict[tuple[float, int, int], int] = {}
    slots, passes = [], 0.0
    for slot in _future(site, brief, now):
        outlook = made.forecast.outlook(slot.starts_at)
        passes += outlook.entries.p50
        if brief.covers(slot.local):
            price_pence = _priced(desk, site, slot, outlook, prices)
            slots.append(Slotted(site, slot, price_pence, _contacts(made, outlook)))
    known = {name: found or 0.0 for name, found in group_shares.items()}
    return _Place(site, made, slots, passes, target_share, known)


def share(group: Group, cells: Mapping[tuple[str, str], int]) -> float | None:
    """The share of all visits that is known to be of the group.

    None when nobody is told apart there, or too few people to show.
    """
    if group.is_everybody:
        return 1.0
    held = sum(count for (age, gender), count in cells.items() if group.holds(age, gender))
    return held / sum(cells.values()) if held >= SUPPRESSED_BELOW else None


def _future(site: Site, brief: Brief, now: datetime) -> Iterator[Slot]:
    for days in range((brief.until_on - brief.first_on).days):
        for slot in slots_on(brief.first_on + timedelta(days=days), site.zone):
            if slot.starts_at - now > AHEAD:
                raise BriefError(
                    f"{slot.local.date()} is further away than {AHEAD.days} days: plan nearer"
                )
            if slot.starts_at >= now:
                yield slot


def _priced(
    desk: Desk, site: Site, slot: Slot, outlook: Outlook, prices: dict[tuple[float, int, int], int]
) -> int:
    """The quoted price; hours of one forecast week and month cost the same."""
    local = slot.local
    key = (outlook.looking_s.p50, local.hour, local.month)
    if key not in prices:
        prices[key] = quote(site, slot, outlook, desk.card).price_pence
    return prices[key]


def _contacts(made: Made, outlook: Outlook) -> Interval:
    """Attentive impressions of one share in the hour."""
    plays = float(made.plays.spot.plays_per_hour)
    lts = made.plays.ladder(outlook).lts
    return Interval(lts.p10 * plays, lts.p50 * plays, lts.p90 * plays)


def _columns(places: list[_Place], brief: Brief, *, returns: float) -> Offer:
    sizes = [len(place.slots) for place in places]
    slots = [slotted for place in places for slotted in place.slots]
    people = np.array([place.passes / returns for place in places])

    def column(values: Iterable[float]) -> Floats:
        return np.fromiter(values, dtype=np.float64, count=len(slots))

    def repeated(values: Iterable[float]) -> Floats:
        return np.repeat(np.array(list(values), dtype=np.float64), sizes)

    target = np.array([place.target_share for place in places])
    contacts = column(slotted.contacts.p50 for slotted in slots)
    groups = {
        name: np.array([place.group_shares[name] for place in places])
        for name in (minimum.group.name for minimum in brief.minimums)
    }
    return Offer(
        key=np.array([_key(slotted) for slotted in slots]),
        names=tuple(place.site.id for place in places),
        location=np.repeat(np.arange(len(places)), sizes),
        day=np.array([(one.slot.local.date() - brief.first_on).days for one in slots]),
        price_pence=np.array([slotted.price_pence for slotted in slots], dtype=np.int64),
        free=repeated(_loop_shares(place.site) for place in places).astype(np.int64),
        target=Audience(contacts * repeated(target), people * target),
        low=column(slotted.contacts.p10 for slotted in slots) * repeated(target),
        high=column(slotted.contacts.p90 for slotted in slots) * repeated(target),
        groups={
            name: Audience(contacts * repeated(shares), people * shares)
            for name, shares in groups.items()
        },
    )


def _loop_shares(site: Site) -> int:
    return site.loop.length_s // site.loop.spot_s


def _key(slotted: Slotted) -> str:
    return f"{slotted.site.id}/{slotted.slot.starts_at:%Y-%m-%dT%H:%MZ}"


def _silent(brief: Brief) -> str:
    if not brief.target.is_everybody:
        return f"its camera does not tell {brief.target.name}, or it has no hour left to sell"
    return "none of its hours in the brief lies ahead"


def _nothing(left_out: Mapping[str, str]) -> str:
    reasons = "; ".join(f"{name}: {reason}" for name, reason in list(left_out.items())[:10])
    return f"no slot answers the brief. {reasons or 'No place does'}"
