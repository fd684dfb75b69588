"""`POST /api/rate-card/preview`: what a changed rate card would change in a week's revenue."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.api.audience import RangeError
from cloud.api.sales.rate_card import find_unpriced
from cloud.api.sales.rate_card_fields import RateCardFields, read_card
from cloud.app.context import AppContext
from cloud.app.forecasts import REACH, forecast_each
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card.changes import list_differences
from cloud.app.rate_card_reload import get_context
from cloud.app.site_selection import OmittedLocation
from cloud.auth.access import allow_roles
from cloud.auth.keys import Role
from cloud.planning.rate_card_effect import (
    DAYS,
    NOTHING,
    RECENT,
    LocationEffect,
    ValueRange,
    compute_effect,
    find_week,
)
from cloud.pricing.rate_card import RateCard
from cloud.sales.sold_slots import SoldSlot, read_sold_slots
from cloud.sites.site_model import Site

MAX_LOCATIONS: Final = 100
DAY: Final = timedelta(days=1)

router = APIRouter(tags=["rate card"], dependencies=[allow_roles(Role.SALES, Role.FINANCE)])


class PreviewRequest(BaseModel):
    """A card, and optionally other locations or another week."""

    model_config = ConfigDict(extra="forbid")

    card: RateCardFields
    first_on: date | None = Field(default=None, description="default: the coming Monday")
    locations: list[Annotated[str, Field(max_length=63)]] | None = Field(
        default=None, min_length=1, max_length=MAX_LOCATIONS,
        description=f"default: the first {MAX_LOCATIONS} of the sites file",
    )  # fmt: skip


class ValueRangeMinor(BaseModel):
    """Value in minor units if every hour is at the P10, P50 or P90 of its attention."""

    p10: int
    p50: int
    p90: int


class EffectResponse(BaseModel):
    """Booked revenue, which stays, and the value of the free positions with both cards."""

    booked_minor: int = Field(description="lines that are sold: the card does not change them")
    free_positions: int = Field(description="position hours that can still be sold")
    unobserved_hours: int = Field(description="priced at the base rate")
    before: ValueRangeMinor = Field(description="all free positions, with the card in force")
    after: ValueRangeMinor
    expected_before: ValueRangeMinor | None = Field(
        description="the share of free positions that was sold in the last four weeks; null: "
        "nothing was sold here by then, so that no share is known"
    )
    expected_after: ValueRangeMinor | None


class LocationEffectResponse(EffectResponse):
    """The effect at one location."""

    location: str = Field(examples=["KX-01"])
    name: str
    currency: str
    sold_share: float | None = Field(description="of the positions of the last four weeks")


class SectionStepResponse(BaseModel):
    """What a changed section of the card adds to `before.p50`, after those before it."""

    section: str = Field(examples=["peak_hours"])
    change_minor: int


class HourEffect(BaseModel):
    """The P50 value of the free positions of a local hour, all days together."""

    hour: int
    before_minor: int
    after_minor: int


class CurrencyEffect(EffectResponse):
    """All locations of one currency."""

    currency: str = Field(examples=["GBP"])
    steps: list[SectionStepResponse]
    hours: list[HourEffect]


class CardDifference(BaseModel):
    """A field that is other on the new card."""

    field: str = Field(examples=["peak_hours.morning peak.factor"])
    before: str = Field(examples=["1.4"])
    after: str = Field(examples=["1.45"])


class PreviewResponse(BaseModel):
    """The effect of the card on one week."""

    current_version: str
    current_digest: str
    differences: list[CardDifference]
    first_on: date
    until_on: date = Field(description="not included")
    currencies: list[CurrencyEffect]
    locations: list[LocationEffectResponse]
    left_out: list[OmittedLocation]
    further_locations: int = Field(description="that were not asked for and are not computed")
    warnings: list[str]


@dataclass(frozen=True, slots=True)
class _Week:
    first_on: date
    sold: Mapping[str, Sequence[SoldSlot]]
    recent: Mapping[str, int]


@router.post(
    "/api/rate-card/preview", responses=problem_responses(*REFUSALS, 404, 413, 422, 500, 503)
)
async def preview_rate_card(request: Request, asked: PreviewRequest) -> PreviewResponse:
    """Compute what a card would change in a week's revenue; stores nothing."""
    context: AppContext = get_context(request)
    return await run_in_threadpool(compute_preview, context, asked)


def compute_preview(context: AppContext, asked: PreviewRequest) -> PreviewResponse:
    """The effect at each location, and the sums of each currency."""
    card = read_card(asked.card)
    first_on = _require_near(asked.first_on, context.clock())
    sites = _choose_sites(context, asked.locations)
    week = _read_week(context, first_on)
    found, left_out = forecast_each(context, sites)
    effects = [
        compute_effect(
            site, known, (context.card, card), first_on, week.sold.get(site.id, ()),
            week.recent.get(site.id),
        )
        for site, known in found
    ]  # fmt: skip
    return PreviewResponse(
        current_version=context.card.version,
        current_digest=context.card_digest,
        differences=_describe_differences(context.card, card),
        first_on=first_on,
        until_on=first_on + DAYS * DAY,
        currencies=_sum_currencies(effects),
        locations=[_describe_location(one) for one in effects],
        left_out=left_out,
        further_locations=0 if asked.locations else len(list(context.sites)) - len(sites),
        warnings=find_unpriced(context, card),
    )


def _require_near(first_on: date | None, now: datetime) -> date:
    monday, _ = find_week(now)
    chosen = first_on or monday
    if not 0 <= (chosen - now.date()).days <= REACH.days - DAYS:
        raise RangeError(
            f"`first_on` is {chosen}: ask for a day from today to {REACH.days - DAYS} days ahead"
        )
    return chosen


def _choose_sites(context: AppContext, names: Sequence[str] | None) -> list[Site]:
    if names is not None:
        return [context.sites.location(name) for name in dict.fromkeys(names)]
    return list(context.sites)[:MAX_LOCATIONS]


def _read_week(context: AppContext, first_on: date) -> _Week:
    now = context.clock()
    first_at = datetime.combine(first_on, time(), UTC) - DAY  # the clocks of sites differ
    sold: dict[str, list[SoldSlot]] = defaultdict(list)
    recent: dict[str, int] = defaultdict(int)
    with database.reading(context.engine) as connection:
        until_at = first_at + (DAYS + 2) * DAY
        for one in read_sold_slots(connection, context.sites, first_at, until_at):
            if _is_in_week(context, one, first_on):
                sold[one.location].append(one)
        for one in read_sold_slots(connection, context.sites, now - RECENT, now):
            recent[one.location] += one.positions
    return _Week(first_on, sold, recent)


def _is_in_week(context: AppContext, one: SoldSlot, first_on: date) -> bool:
    if one.location not in context.sites.ids:
        return False
    zone = context.sites.location(one.location).zone
    local_on = datetime.fromtimestamp(one.starts_at_s, zone).date()
    return 0 <= (local_on - first_on).days < DAYS


def _describe_differences(old: RateCard, new: RateCard) -> list[CardDifference]:
    return [
        CardDifference(field=name, before=was, after=will)
        for name, was, will in list_differences(old, new)
    ]


def _describe_location(effect: LocationEffect) -> LocationEffectResponse:
    return LocationEffectResponse(
        location=effect.site.id,
        name=effect.site.name,
        currency=effect.site.currency,
        sold_share=effect.sold_share,
        **_describe_values([effect]),
    )


def _sum_currencies(effects: Sequence[LocationEffect]) -> list[CurrencyEffect]:
    by_currency: dict[str, list[LocationEffect]] = defaultdict(list)
    for one in effects:
        by_currency[one.site.currency].append(one)
    return [
        CurrencyEffect(
            currency=currency,
            steps=_sum_steps(some),
            hours=_sum_hours(some),
            **_describe_values(some),
        )
        for currency, some in sorted(by_currency.items())
    ]


def _describe_values(effects: Sequence[LocationEffect]) -> dict[str, Any]:
    expected = [one for one in effects if one.sold_share is not None]
    before = [one.before.scale(one.sold_share or 0) for one in expected]
    after = [one.after.scale(one.sold_share or 0) for one in expected]
    return {
        "booked_minor": sum(one.booked_minor for one in effects),
        "free_positions": sum(one.free_positions for one in effects),
        "unobserved_hours": sum(one.unobserved_hours for one in effects),
        "before": _add([one.before for one in effects]),
        "after": _add([one.after for one in effects]),
        "expected_before": _add(before) if expected else None,
        "expected_after": _add(after) if expected else None,
    }


def _add(ranges: Sequence[ValueRange]) -> ValueRangeMinor:
    p10, p50, p90 = (sum(parts) for parts in zip(NOTHING, *ranges, strict=True))
    return ValueRangeMinor(p10=p10, p50=p50, p90=p90)


def _sum_steps(effects: Sequence[LocationEffect]) -> list[SectionStepResponse]:
    changes: dict[str, int] = defaultdict(int)
    for step in (step for one in effects for step in one.steps):
        changes[step.section] += step.change_minor
    return [
        SectionStepResponse(section=section, change_minor=change)
        for section, change in changes.items()
    ]


def _sum_hours(effects: Sequence[LocationEffect]) -> list[HourEffect]:
    return [
        HourEffect(
            hour=hour,
            before_minor=sum(one.hours[hour][0] for one in effects),
            after_minor=sum(one.hours[hour][1] for one in effects),
        )
        for hour in range(24)
    ]
