"""Many prices at once, and the week ahead: `POST /api/pricing/batch`, `GET /api/pricing/forecast`.

A batch answers its slots in their order. A slot that cannot be priced has a reason there; the
others are priced.
"""

from datetime import date, datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from cloud.api.audience import LocationName, RangeError
from cloud.api.pricing import (
    Expected,
    ForecastBasis,
    PriceResponse,
    describe_basis,
    describe_expected,
    price_slot,
)
from cloud.app.buyer import Buyer, BuyerOf
from cloud.app.context import AppContext, ForecastFailed
from cloud.app.etag import NOT_MODIFIED, TaggedResponse
from cloud.app.forecast_cache import CachedForecast
from cloud.app.forecasts import forecast_site
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.ranges import Range, range_of
from cloud.app.rate_card_reload import get_context
from cloud.app.site_selection import OmittedLocation, run_isolated
from cloud.auth.access import BUYER_ROLES, allow_roles
from cloud.forecast.visitors.visitor_mix import HourVisitorMix
from cloud.pricing.slot import SlotError, list_slots, parse_slot
from cloud.sites.site_model import Site
from cloud.sites.sites import UnknownLocation

MAX_QUESTIONS: Final = 500
MAX_DAYS: Final = 28

router = APIRouter(tags=["pricing"], dependencies=[allow_roles(*BUYER_ROLES)])


class BatchQuestion(BaseModel):
    """One slot of one location."""

    model_config = ConfigDict(extra="forbid")

    location: str = Field(examples=["KX-01"], max_length=63)
    time_slot: str = Field(examples=["2030-01-07T08:00"], max_length=60)


class BatchRequest(BaseModel):
    """Up to 500 slots."""

    model_config = ConfigDict(extra="forbid")

    slots: list[BatchQuestion] = Field(min_length=1, max_length=MAX_QUESTIONS)


class BatchItem(BaseModel):
    """One slot with its price, or with the reason why it has none."""

    location: str
    time_slot: str
    price: PriceResponse | None
    refused: str | None = Field(examples=["slot '2030-01-07T08:30' is 08:30:00 ..."])


class BatchResponse(BaseModel):
    """The answers, in the order of the slots."""

    answers: list[BatchItem]


class ForecastGroup(BaseModel):
    """The share of one group among an hour's visitors."""

    age: str = Field(examples=["25-34"])
    gender: str = Field(examples=["female"])
    share: Range


class ForecastMix(BaseModel):
    """The expected visitors of an hour, from the same hour of the last eight weeks."""

    attention_rate: Range = Field(description="share of the visitors who look")
    dwell_s: Range = Field(description="mean stay of the hour's visitors")
    groups: list[ForecastGroup] = Field(
        description="the `p50` add up to 1; empty where groups are not estimated"
    )


class ForecastHour(BaseModel):
    """One hour of the forecast."""

    local: datetime = Field(examples=["2030-01-07T08:00:00+00:00"])
    starts_at: datetime = Field(examples=["2030-01-07T08:00:00Z"])
    expected: Expected
    visitors: ForecastMix | None = Field(description="null until there are enough visits")


class ForecastResponse(BaseModel):
    """Every hour of some local days: 23 or 25 of them where the clock changes."""

    location: str = Field(examples=["KX-01"])
    timezone: str = Field(examples=["Europe/London"])
    basis: ForecastBasis
    forecast: str = Field(examples=["recent-2"])
    forecast_made_at: datetime
    hours: list[ForecastHour]


@router.post("/api/pricing/batch", responses=problem_responses(*REFUSALS, 413, 422, 500, 503))
async def price_batch(request: Request, asked: BatchRequest, buyer: BuyerOf) -> BatchResponse:
    """Quote up to 500 slots; each has its price or its reason."""
    context: AppContext = get_context(request)
    return await run_in_threadpool(_respond, context, asked.slots, buyer)


@router.get(
    "/api/pricing/forecast/{location}",
    response_model=ForecastResponse,
    responses={304: NOT_MODIFIED, **problem_responses(*REFUSALS, 404, 422, 500, 503)},
)
async def get_forecast(
    request: Request,
    location: LocationName,
    start: Annotated[
        date | None,
        Query(alias="from", examples=["2030-01-07"], description="a local day; default: today"),
    ] = None,
    days: Annotated[int, Query(ge=1, le=MAX_DAYS)] = 7,
) -> Response:
    """Read the audience expected in every hour of up to four weeks, with P10, P50 and P90."""
    context: AppContext = get_context(request)
    site = context.sites.location(location)
    made = await forecast_site(context, site)
    today = made.at.astimezone(site.zone).date()
    first_on = start or today
    if not abs((first_on - today).days) <= 400:
        raise RangeError(f"`from` is {first_on}: ask within 400 days of {today}")
    key = context.key("forecast", site.id, first_on, days, made.at)
    answer = context.response_cache.get(key)
    if answer is None:
        body = _week(site, made, first_on, days).model_dump_json().encode()
        answer = context.response_cache.put(key, TaggedResponse(body))
    return answer.answer(request)


def _week(site: Site, made: CachedForecast, first_on: date, days: int) -> ForecastResponse:
    slots = [
        slot
        for day in range(days)
        for slot in list_slots(first_on + timedelta(days=day), site.zone)
    ]
    hour_forecasts = [made.forecast.hour_forecast(slot.starts_at) for slot in slots]
    return ForecastResponse(
        location=site.id,
        timezone=site.timezone,
        basis=describe_basis(hour_forecasts[0], made),
        forecast=made.forecast.model,
        forecast_made_at=made.at,
        hours=[
            ForecastHour(
                local=slot.local,
                starts_at=slot.starts_at,
                expected=describe_expected(hour_forecast),
                visitors=_mix(made.forecast.hour_mix(slot.starts_at)),
            )
            for slot, hour_forecast in zip(slots, hour_forecasts, strict=True)
        ],
    )


def _mix(mix: HourVisitorMix | None) -> ForecastMix | None:
    if mix is None:
        return None
    return ForecastMix(
        attention_rate=range_of(mix.attention_rate, 4),
        dwell_s=range_of(mix.dwell_s, 2),
        groups=[
            ForecastGroup(age=group.age, gender=group.gender, share=range_of(share, 4))
            for group, share in mix.groups
        ],
    )


def _respond(context: AppContext, questions: list[BatchQuestion], buyer: Buyer) -> BatchResponse:
    return BatchResponse(answers=[_price_one(context, question, buyer) for question in questions])


def _price_one(context: AppContext, question: BatchQuestion, buyer: Buyer) -> BatchItem:
    price, refused = None, None
    try:
        site = context.sites.location(question.location)
        slot = parse_slot(question.time_slot, site.zone)
        made = context.forecast(site)
        found = run_isolated(
            site, lambda site: price_slot(context, site, slot, made, buyer), RangeError
        )
        price, refused = (
            (None, found.reason) if isinstance(found, OmittedLocation) else (found, None)
        )
    except (UnknownLocation, SlotError, RangeError, ForecastFailed) as error:
        refused = str(error)
    return BatchItem(
        location=question.location, time_slot=question.time_slot, price=price, refused=refused
    )
