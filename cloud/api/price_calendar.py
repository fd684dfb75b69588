"""`GET /api/pricing/calendar`: every hour of some days of up to four screens, to be compared.

An hour has its price with the prices at P10 and P90 of the attention, the expected audience and
whether it can be bought. Figures that do not exist are null, never zero. `estimated` marks hours
that no camera has observed yet.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Final, Literal

import msgspec
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.api.audience import RangeError
from cloud.api.pricing import ForecastBasis, describe_basis
from cloud.app.buyer import Buyer, BuyerOf
from cloud.app.context import AppContext
from cloud.app.etag import NOT_MODIFIED, TaggedResponse
from cloud.app.forecast_cache import CachedForecast
from cloud.app.forecasts import REACH, forecast_all
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.ranges import Range
from cloud.app.rate_card_reload import get_context
from cloud.app.site_selection import OmittedLocation, run_isolated
from cloud.auth.access import BUYER_ROLES, allow_roles
from cloud.booking.inventory.blackouts import Blackout, read_blackouts
from cloud.booking.inventory.dayparts import ALWAYS, WeeklyHours
from cloud.database import EPOCH
from cloud.planning.price_calendar import Floats, PriceCalendar, compute_calendar
from cloud.pricing.slot import Slot
from cloud.sites.site_model import Site

MAX_SCREENS: Final = 4
MAX_DAYS: Final = 28
CalendarStatus = Literal["available", "sold_out", "past", "unknown", "closed"]

router = APIRouter(tags=["pricing"], dependencies=[allow_roles(*BUYER_ROLES)])
FirstDay = Annotated[
    date | None,
    Query(alias="from", examples=["2030-01-07"], description="a local day; default: today"),
]
DayCount = Annotated[int, Query(ge=1, le=MAX_DAYS)]


class CalendarHour(BaseModel):
    """One loop position for one hour."""

    starts_at: datetime = Field(examples=["2030-01-07T08:00:00Z"])
    local: datetime = Field(examples=["2030-01-07T08:00:00+00:00"])
    price_minor: int = Field(examples=[4312])
    price_p10_minor: int = Field(examples=[3620], description="at the P10 of the attention")
    price_p90_minor: int = Field(examples=[5190], description="at the P90 of the attention")
    attention_cost: Decimal | None = Field(
        examples=["14.20"],
        description="for 1,000 attention seconds during the plays of the position; null: no "
        "attention is expected",
    )
    entries: Range = Field(description="people who come into view: opportunities to see")
    attention_s: Range = Field(description="attention seconds, all people together")
    status: CalendarStatus = Field(
        description="`past`: the hour has begun; `unknown`: no occupancy; `closed`: the screen is "
        "in maintenance or closed by contract"
    )
    free: int | None = Field(examples=[4], description="free positions; null: unknown")
    estimated: bool = Field(description="this hour of the week was not observed here")


class CalendarScreen(BaseModel):
    """One screen: 23 or 25 hours on a day on which its clock changes."""

    location: str = Field(examples=["KX-01"])
    name: str = Field(examples=["King's Cross St Pancras, Northern ticket hall"])
    timezone: str = Field(examples=["Europe/London"])
    currency: str = Field(examples=["GBP"])
    positions: int = Field(examples=[6], description="positions of the loop")
    basis: ForecastBasis
    forecast: str = Field(examples=["recent-2"])
    forecast_made_at: datetime
    hours: list[CalendarHour]


class CalendarResponse(BaseModel):
    """The screens in the order of the request."""

    first_on: date = Field(serialization_alias="from", examples=["2030-01-07"])
    days: int
    rate_card: str = Field(examples=["reference-3"])
    rate_card_digest: str = Field(examples=["9f0c2ab1d4e6"])
    screens: list[CalendarScreen]
    left_out: list[OmittedLocation] = Field(description="screens without a forecast")


@router.get(
    "/api/pricing/calendar",
    response_model=CalendarResponse,
    responses={304: NOT_MODIFIED, **problem_responses(*REFUSALS, 404, 422, 500, 503)},
)
async def get_calendar(
    request: Request,
    buyer: BuyerOf,
    location: Annotated[list[str], Query(min_length=1, max_length=MAX_SCREENS)],
    start: FirstDay = None,
    days: DayCount = 7,
) -> Response:
    """Price every hour of up to four weeks of up to four screens, with free positions."""
    context: AppContext = get_context(request)
    sites = list({one.id: one for one in map(context.sites.location, location)}.values())
    first_on = read_first_day(context, sites, start)
    made, left_out = await forecast_all(context, sites)

    def write() -> TaggedResponse:
        blackouts = read_closed_periods(context, [site for site, _ in made])
        found = [
            run_isolated(
                site,
                lambda site, known=known: _describe_screen(  # type: ignore[misc]
                    context, site, known, (first_on, days), buyer, blackouts[site.id]
                ),
            )
            for site, known in made
        ]
        faulty = [one for one in found if isinstance(one, OmittedLocation)]
        screens = [one for one in found if not isinstance(one, OmittedLocation)]
        return TaggedResponse(
            msgspec.json.encode(
                {
                    "from": first_on,
                    "days": days,
                    "rate_card": context.card.version,
                    "rate_card_digest": context.card_digest,
                    "screens": screens,
                    "left_out": [one.model_dump() for one in (*left_out, *faulty)],
                }
            )
        )

    return (await run_in_threadpool(write)).answer(request)


def read_first_day(context: AppContext, sites: Sequence[Site], start: date | None) -> date:
    """The first day of a request: by default today where the first screen is."""
    now = context.clock()
    today = (now.astimezone(sites[0].zone) if sites else now).date()
    first_on = start or today
    if not abs((first_on - today).days) <= REACH.days:
        raise RangeError(f"`from` is {first_on}: ask within {REACH.days} days of {today}")
    return first_on


def price_days(
    context: AppContext,
    site: Site,
    made: CachedForecast,
    period: tuple[date, int],
    buyer: Buyer,
    daypart: WeeklyHours = ALWAYS,
) -> PriceCalendar:
    """The prices of the hours of a daypart on some local days, from the first day on."""
    first_on, days = period
    starts_s = daypart.select_hours(site.zone, first_on, first_on + timedelta(days=days))
    slots = [Slot(EPOCH + timedelta(seconds=one), site.zone) for one in starts_s]
    return compute_calendar(context, site, made, slots, buyer.account)


def read_closed_periods(
    context: AppContext, sites: Sequence[Site]
) -> dict[str, Sequence[Blackout]]:
    """The coming periods in which the screens are not sold, by location."""
    with database.reading(context.engine) as connection:
        return dict(read_blackouts(connection, sites, context.clock()))


class _HourRange(msgspec.Struct, frozen=True):
    p10: float
    p50: float
    p90: float


class _Hour(msgspec.Struct, frozen=True):
    """`CalendarHour`, encoded many times faster."""

    starts_at: datetime
    local: datetime
    price_minor: int
    price_p10_minor: int
    price_p90_minor: int
    attention_cost: Decimal | None
    entries: _HourRange
    attention_s: _HourRange
    status: CalendarStatus
    free: int | None
    estimated: bool


def _describe_screen(
    context: AppContext,
    site: Site,
    made: CachedForecast,
    period: tuple[date, int],
    buyer: Buyer,
    blackouts: Sequence[Blackout],
) -> dict[str, object]:
    calendar = price_days(context, site, made, period, buyer)
    first = made.forecast.hour_forecast(calendar.slots.slots[0].starts_at)
    return {
        "location": site.id,
        "name": site.name,
        "timezone": site.timezone,
        "currency": site.currency,
        "positions": site.loop.positions,
        "basis": describe_basis(first, made).model_dump(),
        "forecast": made.forecast.model,
        "forecast_made_at": made.at,
        "hours": [_describe_hour(calendar, at, blackouts) for at in range(len(calendar.slots))],
    }


def _describe_hour(calendar: PriceCalendar, at: int, blackouts: Sequence[Blackout]) -> _Hour:
    slot, on_sale = calendar.slots.slots[at], calendar.on_sale[at]
    status: CalendarStatus = on_sale.status
    if on_sale.is_for_sale and is_closed(slot, blackouts):
        status = "closed"
    return _Hour(
        starts_at=slot.starts_at,
        local=calendar.slots.local[at],
        price_minor=int(calendar.price_minor[at]),
        price_p10_minor=int(calendar.price_p10_minor[at]),
        price_p90_minor=int(calendar.price_p90_minor[at]),
        attention_cost=calendar.attention_cost([at]),
        entries=_range(calendar.entries, at),
        attention_s=_range(calendar.attention_s, at),
        status=status,
        free=0 if status == "closed" else on_sale.free,
        estimated=bool(calendar.estimated[at]),
    )


def is_closed(slot: Slot, blackouts: Sequence[Blackout]) -> bool:
    """Whether a screen is not sold in an hour."""
    return any(one.covers(slot.starts_at) for one in blackouts)


def _range(measure: Floats, at: int) -> _HourRange:
    return _HourRange(*(round(float(one), 1) for one in measure[:, at]))
