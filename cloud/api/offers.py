"""What a brief may buy, slot by slot: prices and contacts from the same forecasts as every quote.

Hard truths. Contacts are plays that somebody looks at for a second or more (the LTS tier), of the
target where the cameras tell ages and genders. How many different people pass is an assumption, two
visits a week each, since nobody is recognised. Bookings are not known here yet: every share of the
loop is free.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np

from cloud.api.desk import Desk, Made
from cloud.api.pricing import REACH
from cloud.estate import Site
from cloud.forecast.interval import Interval
from cloud.pricing.optimise.brief import Brief, BriefError, Group
from cloud.pricing.optimise.offer import Audience, Offer
from cloud.pricing.quote import quote
from cloud.pricing.slot import Slot, slots_on

VISITS_PER_WEEK: Final = 2.0
MOST_SLOTS: Final = 50_000
UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class Row:
    """One slot on offer: who would see one share of it."""

    slot: Slot
    site: int
    price_pence: int
    contacts: Interval
    entries: float


def offer(desk: Desk, brief: Brief) -> Offer:
    """Everything that the brief may buy, or BriefError when that is nothing or too much."""
    sites = _sites(desk, brief)
    _refuse_distant(brief, desk.clock())
    _refuse_too_much(brief, len(sites))
    made = [desk.forecast(site) for site in sites]
    rows = list(_rows(desk, brief, sites, made))
    if not rows:
        raise BriefError(
            "no slot of the estate that is still to come answers the brief: widen its dates or "
            "dayparts"
        )
    shares = {
        group.name: _shares(sites, made, group)
        for group in (brief.target, *(minimum.group for minimum in brief.minimums))
    }
    where = np.array([row.site for row in rows])
    contacts = np.array([row.contacts.p50 for row in rows])
    people = _people(brief, rows, len(sites))
    groups = {
        name: Audience(contacts * share[where], people * share) for name, share in shares.items()
    }
    target = shares[brief.target.name][where]
    return Offer(
        key=np.array([f"{sites[row.site].id}/{row.slot.local.isoformat()}" for row in rows]),
        names=tuple(site.id for site in sites),
        location=where,
        day=np.array([(row.slot.local.date() - brief.first_on).days for row in rows]),
        price_pence=np.array([row.price_pence for row in rows], dtype=np.int64),
        free=np.array([_loop_shares(sites[row.site]) for row in rows], dtype=np.int64),
        target=groups[brief.target.name],
        low=np.array([row.contacts.p10 for row in rows]) * target,
        high=np.array([row.contacts.p90 for row in rows]) * target,
        groups=groups,
    )


def _sites(desk: Desk, brief: Brief) -> list[Site]:
    chosen = [desk.estate.location(name) for name in sorted(brief.locations)] or list(desk.estate)
    sites = [
        site
        for site in chosen
        if site.currency == brief.currency and (not brief.venues or site.venue in brief.venues)
    ]
    if not sites:
        raise BriefError(
            f"no location answers the brief: none of those asked for is sold in {brief.currency} "
            "and of those venues"
        )
    return sites


def _refuse_distant(brief: Brief, now: datetime) -> None:
    for day in (brief.first_on, brief.until_on):
        if abs((day - now.date()).days) > REACH.days:
            raise BriefError(f"{day} is out of reach: ask between {REACH.days} days ago and ahead")


def _refuse_too_much(brief: Brief, sites: int) -> None:
    slots = (brief.until_on - brief.first_on).days * 24 * sites
    if slots > MOST_SLOTS:
        raise BriefError(
            f"{slots} hours of {sites} screens are more than the {MOST_SLOTS} that one plan may "
            "choose from: ask for fewer days or places"
        )


def _rows(desk: Desk, brief: Brief, sites: Sequence[Site], made: Sequence[Made]) -> Iterator[Row]:
    for at, (site, known) in enumerate(zip(sites, made, strict=True)):
        plays_per_hour = float(known.plays.spot.plays_per_hour)
        for slot in _slots(brief, site, desk.clock()):
            outlook = known.forecast.outlook(slot.starts_at)
            seen = known.plays.ladder(outlook).lts
            yield Row(
                slot=slot,
                site=at,
                price_pence=max(1, quote(site, slot, outlook, desk.card).price_pence),
                contacts=Interval(*(getattr(seen, name) * plays_per_hour
                                    for name in ("p10", "p50", "p90"))),
                entries=outlook.entries.p50,
            )  # fmt: skip


def _slots(brief: Brief, site: Site, now: datetime) -> Iterator[Slot]:
    """The hours of the brief that have not begun."""
    for day in _days(brief):
        for slot in slots_on(day, site.zone):
            if slot.starts_at >= now and brief.covers(slot.local):
                yield slot


def _days(brief: Brief) -> Iterator[date]:
    return (
        brief.first_on + timedelta(days=day)
        for day in range((brief.until_on - brief.first_on).days)
    )


def _people(brief: Brief, rows: Sequence[Row], sites: int) -> np.ndarray:
    weeks = (brief.until_on - brief.first_on).days / 7
    entries = np.bincount(
        [row.site for row in rows], weights=[row.entries for row in rows], minlength=sites
    )
    people: np.ndarray = entries / max(1.0, VISITS_PER_WEEK * weeks)
    return people


def _shares(sites: Sequence[Site], made: Sequence[Made], group: Group) -> np.ndarray:
    """The share of each place's people who belong to a group."""
    if group.is_everybody:
        return np.ones(len(sites))
    shares = np.array([_share(known.plays.cells, group) for known in made])
    if not shares.any():
        raise BriefError(
            f"no camera there tells {group.name} from others: ages and genders are estimated only "
            "where that has been switched on; ask for everybody"
        )
    return shares


def _share(cells: Mapping[tuple[str, str], int], group: Group) -> float:
    """Of the visits whose age and gender are known, as far as the group asks for them."""
    known = {
        (age, gender): visits
        for (age, gender), visits in cells.items()
        if (age != UNKNOWN or not group.ages) and (gender != UNKNOWN or not group.genders)
    }
    held = sum(visits for (age, gender), visits in known.items() if group.holds(age, gender))
    return held / sum(known.values()) if known else 0.0


def _loop_shares(site: Site) -> int:
    return site.loop.length_s // site.loop.spot_s
