"""The slots that a brief may buy: prices and contacts from the same forecasts as every quote.

Contacts are plays that somebody looks at for a second or more (the LTS tier), limited to the target
where the cameras estimate ages and genders. The number of different people is an assumption of two
visits a week each, since nobody is recognised. A slot without occupancy data is assumed to be free.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np

from cloud.app.context import AppContext, ForecastFailed
from cloud.app.forecast_cache import CachedForecast
from cloud.app.forecasts import REACH, forecast_each
from cloud.app.site_selection import OmittedLocation, run_isolated, select_by_venue
from cloud.forecast.history.hours import Measures
from cloud.pricing.availability import has_begun
from cloud.pricing.impressions import compute_lts_columns
from cloud.pricing.market import Market
from cloud.pricing.optimise.brief import AudienceGroup, Brief, BriefError
from cloud.pricing.optimise.offer import Floats, GroupAudience, Integers, Offer
from cloud.pricing.price_list import price_slots
from cloud.pricing.slot import Slot, SlotColumns, build_slot_columns, list_slots
from cloud.sites.site_model import Site

VISITS_PER_WEEK: Final = 2.0
MAX_SLOTS: Final = 200_000
UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class SiteColumn:
    """The slots of one site: what a position of each costs and how often it would be seen."""

    site: Site
    forecast: CachedForecast
    slots: SlotColumns
    price_minor: Integers
    free: Integers
    contacts: Floats
    """(P10 P50 P90, slots)"""
    entries: float
    """The expected number of people passing in all slots."""


@dataclass(frozen=True, slots=True)
class PlanOffer:
    """The offer, and the forecasts of its sites."""

    offer: Offer
    sites: tuple[Site, ...]
    forecasts: tuple[CachedForecast, ...]
    left_out: tuple[OmittedLocation, ...] = ()


def read_offer(context: AppContext, brief: Brief, account: str | None = None) -> Offer:
    """All slots that the brief may buy, at the prices of an account.

    Raises:
        BriefError: there is no such slot, or there are too many.
    """
    return read_plan_offer(context, brief, account).offer


def read_plan_offer(context: AppContext, brief: Brief, account: str | None = None) -> PlanOffer:
    """The offer with the forecasts of its sites."""
    requested = _sites(context, brief)
    _refuse_distant(brief, context.clock())
    _refuse_too_much(brief, len(requested))
    computed, left_out = forecast_each(context, requested)
    columns, faulty = _columns(context, brief, computed, account)
    left_out += faulty
    if not columns:
        raise ForecastFailed("; ".join(one.reason for one in left_out)[:900])
    sites, forecasts = [one.site for one in columns], [one.forecast for one in columns]
    if not any(map(len, (one.slots for one in columns))):
        raise BriefError(
            "no future slot of any site matches the brief: widen its dates or dayparts"
        )
    shares = {
        group.name: _shares(sites, forecasts, group)
        for group in (brief.target, *(minimum.group for minimum in brief.minimums))
    }
    where = np.repeat(np.arange(len(sites)), [len(one.slots) for one in columns])
    low, contacts, high = np.concatenate([one.contacts for one in columns], axis=1)
    people = _people(brief, columns)
    groups = {
        name: GroupAudience(contacts * share[where], people * share)
        for name, share in shares.items()
    }
    target = shares[brief.target.name][where]
    on_offer = Offer(
        key=np.array([key for one in columns for key in _keys(one)]),
        names=tuple(site.id for site in sites),
        location=where,
        day=np.concatenate([_days_in(brief, one.slots) for one in columns]),
        price_minor=np.concatenate([one.price_minor for one in columns]),
        free=np.concatenate([one.free for one in columns]),
        target=groups[brief.target.name],
        low=low * target,
        high=high * target,
        groups=groups,
    )
    return PlanOffer(on_offer, tuple(sites), tuple(forecasts), tuple(left_out))


def _sites(context: AppContext, brief: Brief) -> list[Site]:
    chosen = [context.sites.location(name) for name in sorted(brief.locations)] or list(
        context.sites
    )
    wanted = select_by_venue(chosen, brief.venues) if brief.venues else chosen
    sites = [site for site in wanted if site.currency == brief.currency]
    if not sites:
        sold_in = ", ".join(sorted({site.currency for site in chosen}))
        venues = ", ".join(sorted({site.venue for site in chosen}))
        raise BriefError(
            f"no location matches the brief: none is sold in {brief.currency}"
            + (" and has a requested venue type" if brief.venues else "")
            + f"; the requested ones are sold in {sold_in}, with venue types {venues[:400]}"
        )
    return sites


def _refuse_distant(brief: Brief, now: datetime) -> None:
    for day in (brief.first_on, brief.until_on):
        if abs((day - now.date()).days) > REACH.days:
            raise BriefError(f"{day} is out of range: use days within {REACH.days} days of today")


def _refuse_too_much(brief: Brief, sites: int) -> None:
    slots = (brief.until_on - brief.first_on).days * 24 * sites
    if slots > MAX_SLOTS:
        raise BriefError(
            f"{slots} hours of {sites} screens are more than the {MAX_SLOTS} that one plan may "
            "choose from: use fewer days or locations"
        )


def _columns(
    context: AppContext,
    brief: Brief,
    forecasts: Sequence[tuple[Site, CachedForecast]],
    account: str | None,
) -> tuple[list[SiteColumn], list[OmittedLocation]]:
    """The slots of each site, and the sites whose prices cannot be computed."""
    now = context.clock()
    by_site = {site.id: known for site, known in forecasts}
    by_clock: dict[str, SlotColumns] = {}

    def column(site: Site) -> SiteColumn:
        slots = by_clock.get(site.timezone)
        if slots is None:
            slots = by_clock[site.timezone] = build_slot_columns(_slots(brief, site, now))
        return _column(context, site, by_site[site.id], slots, account)

    found = [run_isolated(site, column) for site, _ in forecasts]
    return (
        [one for one in found if not isinstance(one, OmittedLocation)],
        [one for one in found if isinstance(one, OmittedLocation)],
    )


def _column(
    context: AppContext, site: Site, known: CachedForecast, slots: SlotColumns, account: str | None
) -> SiteColumn:
    expected = known.forecast.columns(slots.days, slots.day, slots.hour)
    measures = dict(zip(Measures._fields, expected, strict=True))
    entries, attention_s = measures["entries"], measures["attention_s"]
    markets = _markets(known, slots, account)
    seen = compute_lts_columns(entries, known.plays.person)
    return SiteColumn(
        site=site,
        forecast=known,
        slots=slots,
        price_minor=price_slots(
            site,
            slots,
            attention_s[1],
            context.card,
            markets,
            unobserved=known.forecast.unobserved(slots.days, slots.day, slots.hour),
        ),
        free=_free(site, slots, markets),
        contacts=seen * float(known.plays.spot.plays_per_hour),
        entries=float(entries[1].sum()),
    )


def _markets(known: CachedForecast, slots: SlotColumns, account: str | None) -> list[Market] | None:
    """The market of each slot; None when the book has no entry."""
    if known.book.is_empty:
        return None
    return [known.book.market(slot, account) for slot in slots.slots]


def _free(site: Site, slots: SlotColumns, markets: list[Market] | None) -> Integers:
    free = np.full(len(slots), site.loop.positions, dtype=np.int64)
    for at, market in enumerate(markets or ()):
        if market.occupancy is not None:
            free[at] = market.occupancy.free
    return free


def _slots(brief: Brief, site: Site, now: datetime) -> Iterator[Slot]:
    """The hours of the brief that have not begun."""
    for day in _days(brief):
        for slot in list_slots(day, site.zone):
            if not has_begun(slot, now) and brief.covers(slot.local):
                yield slot


def _days(brief: Brief) -> Iterator[date]:
    return (
        brief.first_on + timedelta(days=day)
        for day in range((brief.until_on - brief.first_on).days)
    )


def _days_in(brief: Brief, slots: SlotColumns) -> Integers:
    """The day of the brief of each slot, from 0."""
    days = np.array([(day - brief.first_on).days for day in slots.days], dtype=np.int64)
    return days[slots.day]


def _keys(column: SiteColumn) -> Iterator[str]:
    return (f"{column.site.id}/{local.isoformat()}" for local in column.slots.local)


def _people(brief: Brief, columns: Sequence[SiteColumn]) -> Floats:
    weeks = (brief.until_on - brief.first_on).days / 7
    entries = np.array([one.entries for one in columns])
    people: Floats = entries / max(1.0, VISITS_PER_WEEK * weeks)
    return people


def _shares(
    sites: Sequence[Site], forecasts: Sequence[CachedForecast], group: AudienceGroup
) -> np.ndarray:
    """The share of the people of each site who belong to a group."""
    if group.is_everybody:
        return np.ones(len(sites))
    shares = np.array([_share(known.plays.cells, group) for known in forecasts])
    if not shares.any():
        raise BriefError(
            f"no camera of these sites estimates {group.name}: ages and genders are estimated only "
            "where that is switched on; leave the target and the groups of minimums out"
        )
    return shares


def _share(cells: Mapping[tuple[str, str], int], group: AudienceGroup) -> float:
    """The share among the visits with a known age and gender, where the group requires them."""
    known = {
        (age, gender): visits
        for (age, gender), visits in cells.items()
        if (age != UNKNOWN or not group.ages) and (gender != UNKNOWN or not group.genders)
    }
    held = sum(visits for (age, gender), visits in known.items() if group.holds(age, gender))
    return held / sum(known.values()) if known else 0.0
