"""`GET /api/pricing/screens`: what each screen costs and brings in some days and hours.

A summary is computed over the hours that can still be bought. A screen without such an hour has
null figures, never zero.
"""

from collections.abc import Hashable, Mapping, Sequence
from datetime import date
from typing import Annotated, Final

import numpy as np
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from cloud.api.price_calendar import (
    DayCount,
    FirstDay,
    is_closed,
    price_days,
    read_closed_periods,
    read_first_day,
)
from cloud.app.buyer import Buyer, BuyerOf
from cloud.app.context import AppContext
from cloud.app.etag import NOT_MODIFIED, TaggedResponse
from cloud.app.forecast_cache import CachedForecast
from cloud.app.forecasts import forecast_all
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.app.site_selection import OmittedLocation, run_isolated, select_by_venue
from cloud.auth.access import BUYER_ROLES, allow_roles
from cloud.booking.inventory.blackouts import Blackout
from cloud.booking.inventory.dayparts import EVERY_WEEKDAY, LOCAL, WeeklyHours
from cloud.planning.price_calendar import PriceCalendar
from cloud.sites.site_model import Site

MAX_PAGE: Final = 200

router = APIRouter(tags=["pricing"], dependencies=[allow_roles(*BUYER_ROLES)])
Period = tuple[date, int]
Closed = Mapping[str, Sequence[Blackout]]


class ScreenSummary(BaseModel):
    """One screen in the hours of the request that can still be bought."""

    location: str = Field(examples=["KX-01"])
    currency: str = Field(examples=["GBP"])
    hours: int = Field(examples=[21], description="hours that can be bought")
    full_hours: int = Field(examples=[2], description="coming hours that are sold out")
    estimated_hours: int = Field(
        examples=[0], description="of `hours`, those that were not observed here"
    )
    price_min_minor: int | None = Field(examples=[1250], description="of one hour")
    price_median_minor: int | None = Field(examples=[2100])
    price_max_minor: int | None = Field(examples=[4312])
    entries: float | None = Field(
        examples=[812.5], description="P50 of the people who come into view in an hour, on average"
    )
    attention_s: float | None = Field(
        examples=[410.0], description="P50 of the attention seconds in an hour, on average"
    )
    attention_cost: str | None = Field(
        examples=["14.20"],
        description="for 1,000 attention seconds during the plays of one position; null: no "
        "attention is expected",
    )


class ScreenSummaries(BaseModel):
    """One page of screens."""

    first_on: date = Field(serialization_alias="from", examples=["2030-01-07"])
    days: int
    total: int = Field(examples=[8], description="requested screens on all pages")
    screens: list[ScreenSummary]
    left_out: list[OmittedLocation] = Field(description="screens without a forecast")


@router.get(
    "/api/pricing/screens",
    response_model=ScreenSummaries,
    responses={304: NOT_MODIFIED, **problem_responses(*REFUSALS, 404, 422, 500, 503)},
)
async def list_screen_summaries(
    request: Request,
    buyer: BuyerOf,
    start: FirstDay = None,
    days: DayCount = 7,
    hours: Annotated[
        str, Query(max_length=120, examples=["7-9;16-18"], description="local hours; empty: all")
    ] = "",
    weekdays: Annotated[
        list[int] | None, Query(max_length=7, description="1 is Monday; default: all")
    ] = None,
    venue: Annotated[list[str] | None, Query(max_length=50, description="OpenOOH ids")] = None,
    offset: Annotated[int, Query(ge=0, le=100_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
) -> Response:
    """Summarise prices and audience of each screen in some days and hours."""
    context: AppContext = get_context(request)
    daypart = WeeklyHours(hours, frozenset(weekdays or EVERY_WEEKDAY), LOCAL)
    sites = select_by_venue(context.sites, venue) if venue else list(context.sites)
    period = read_first_day(context, sites, start), days
    made, failed = await forecast_all(context, sites[offset : offset + limit])
    closed = await run_in_threadpool(read_closed_periods, context, [site for site, _ in made])
    inputs = (_key(context, site, known, buyer, closed[site.id]) for site, known in made)
    key = context.key("screens", period, daypart, len(sites), *inputs)
    answer = None if failed else context.response_cache.get(key)
    if answer is None:

        def write() -> bytes:
            page = _summarize_all(context, made, period, daypart, buyer, closed)
            page.total, page.left_out = len(sites), [*failed, *page.left_out]
            return page.model_dump_json(by_alias=True).encode()

        answer = TaggedResponse(await run_in_threadpool(write))
        if not failed:
            context.response_cache.put(key, answer)
    return answer.answer(request)


def _key(
    context: AppContext,
    site: Site,
    made: CachedForecast,
    buyer: Buyer,
    closed: Sequence[Blackout],
) -> Hashable:
    """Everything that the summary of a screen depends on; hours begin every half hour or later."""
    account = buyer.account if made.book.has_deals(buyer.account) else None
    moment = int(context.clock().timestamp()) // 60
    taken = hash(frozenset(made.book.taken.items()))
    return site.id, made.at, taken, account, moment, tuple(closed)


def _summarize_all(
    context: AppContext,
    made: Sequence[tuple[Site, CachedForecast]],
    period: Period,
    daypart: WeeklyHours,
    buyer: Buyer,
    closed: Closed,
) -> ScreenSummaries:
    forecasts = {site.id: known for site, known in made}

    def summarize(site: Site) -> ScreenSummary:
        calendar = price_days(context, site, forecasts[site.id], period, buyer, daypart)
        return _summarize(calendar, closed[site.id])

    found = [run_isolated(site, summarize) for site, _ in made]
    return ScreenSummaries(
        first_on=period[0],
        days=period[1],
        total=0,
        screens=[one for one in found if isinstance(one, ScreenSummary)],
        left_out=[one for one in found if isinstance(one, OmittedLocation)],
    )


def _summarize(calendar: PriceCalendar, closed: Sequence[Blackout]) -> ScreenSummary:
    on_sale = [
        at
        for at, (one, slot) in enumerate(zip(calendar.on_sale, calendar.slots.slots, strict=True))
        if one.is_for_sale and not is_closed(slot, closed)
    ]
    full = sum(one.status == "sold_out" for one in calendar.on_sale)
    prices = calendar.price_minor[on_sale]
    cost = calendar.attention_cost(on_sale)
    has_hours = bool(on_sale)
    return ScreenSummary(
        location=calendar.site.id,
        currency=calendar.site.currency,
        hours=len(on_sale),
        full_hours=full,
        estimated_hours=int(calendar.estimated[on_sale].sum()),
        price_min_minor=int(prices.min()) if has_hours else None,
        price_median_minor=round(float(np.median(prices))) if has_hours else None,
        price_max_minor=int(prices.max()) if has_hours else None,
        entries=round(float(calendar.entries[1, on_sale].mean()), 1) if has_hours else None,
        attention_s=round(float(calendar.attention_s[1, on_sale].mean()), 1) if has_hours else None,
        attention_cost=None if cost is None else str(cost),
    )
