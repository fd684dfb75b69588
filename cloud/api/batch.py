"""Many prices at once, and the week ahead: `POST /api/pricing/batch`, `GET /api/pricing/forecast`.

A batch answers every question in its place: one that cannot be answered has its reason there and
disturbs no other.
"""

from datetime import date, datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from cloud.api.audience import LocationName, RangeError
from cloud.api.buyer import Buyer, BuyerOf
from cloud.api.pricing import (
    Expected,
    PriceAnswer,
    StandsOn,
    expected,
    priced,
    stands_on,
)
from cloud.app.context import Desk, ForecastFailed
from cloud.app.etag import NOT_MODIFIED, Tagged
from cloud.app.forecast_cache import Made
from cloud.app.forecasts import made_for
from cloud.app.problem import REFUSALS, documented
from cloud.app.ranges import Range, range_of
from cloud.app.rate_card_reload import desk_of
from cloud.app.site_selection import LeftOut, isolated
from cloud.auth.access import opened_to
from cloud.auth.keys import Role
from cloud.estate import Site, UnknownLocation
from cloud.forecast.visitors.visitor_mix import HourVisitorMix
from cloud.pricing.slot import SlotError, list_slots, parse_slot

MOST: Final = 500
LONGEST_DAYS: Final = 28

router = APIRouter(tags=["pricing"], dependencies=[opened_to(Role.SALES, Role.ADVERTISER)])


class Question(BaseModel):
    """One slot of one location."""

    model_config = ConfigDict(extra="forbid")

    location: str = Field(examples=["KX-01"], max_length=63)
    time_slot: str = Field(examples=["2026-11-23T08:00"], max_length=60)


class Questions(BaseModel):
    """Up to 500 of them."""

    model_config = ConfigDict(extra="forbid")

    slots: list[Question] = Field(min_length=1, max_length=MOST)


class Answered(BaseModel):
    """One question with its price, or with the reason why there is none."""

    location: str
    time_slot: str
    price: PriceAnswer | None
    refused: str | None = Field(examples=["slot '2026-11-23T08:30' is 08:30:00 ..."])


class BatchAnswer(BaseModel):
    """In the order of the questions."""

    answers: list[Answered]


class GroupAhead(BaseModel):
    """The share of one group among an hour's visitors."""

    age: str = Field(examples=["25-34"])
    gender: str = Field(examples=["female"])
    share: Range


class MixAhead(BaseModel):
    """Who the visitors of an hour are expected to be, from the last eight weeks of it."""

    attention_rate: Range = Field(description="share of the visitors who look")
    dwell_s: Range = Field(description="mean stay of the hour's visitors")
    groups: list[GroupAhead] = Field(description="the `p50` add up to 1; empty where only counted")


class HourAhead(BaseModel):
    """One hour of the forecast."""

    local: datetime = Field(examples=["2026-11-23T08:00:00+00:00"])
    starts_at: datetime = Field(examples=["2026-11-23T08:00:00Z"])
    expected: Expected
    visitors: MixAhead | None = Field(description="null until enough of them were seen")


class ForecastAnswer(BaseModel):
    """Every hour of some local days: 24 to a day, 23 in the spring, 25 in the autumn."""

    location: str = Field(examples=["KX-01"])
    timezone: str = Field(examples=["Europe/London"])
    stands_on: StandsOn
    forecast: str = Field(examples=["recent-2"])
    forecast_made_at: datetime
    hours: list[HourAhead]


@router.post("/api/pricing/batch", responses=documented(*REFUSALS, 413, 422, 500, 503))
async def batch(request: Request, asked: Questions, buyer: BuyerOf) -> BatchAnswer:
    """Quote up to 500 slots; each has its price or its reason."""
    desk: Desk = desk_of(request)
    return await run_in_threadpool(_answered, desk, asked.slots, buyer)


@router.get(
    "/api/pricing/forecast/{location}",
    response_model=ForecastAnswer,
    responses={304: NOT_MODIFIED, **documented(*REFUSALS, 404, 422, 500, 503)},
)
async def forecast(
    request: Request,
    location: LocationName,
    start: Annotated[
        date | None,
        Query(alias="from", examples=["2026-11-23"], description="a local day; default: today"),
    ] = None,
    days: Annotated[int, Query(ge=1, le=LONGEST_DAYS)] = 7,
) -> Response:
    """Read the audience expected in every hour of up to four weeks, with P10, P50 and P90."""
    desk: Desk = desk_of(request)
    site = desk.estate.location(location)
    made = await made_for(desk, site)
    today = made.at.astimezone(site.zone).date()
    first_on = start or today
    if not abs((first_on - today).days) <= 400:
        raise RangeError(f"`from` is {first_on}: ask within 400 days of {today}")
    key = desk.key("forecast", site.id, first_on, days, made.at)
    answer = desk.answers.recall(key)
    if answer is None:
        body = _week(site, made, first_on, days).model_dump_json().encode()
        answer = desk.answers.keep(key, Tagged(body))
    return answer.answer(request)


def _week(site: Site, made: Made, first_on: date, days: int) -> ForecastAnswer:
    slots = [
        slot
        for day in range(days)
        for slot in list_slots(first_on + timedelta(days=day), site.zone)
    ]
    hour_forecasts = [made.forecast.hour_forecast(slot.starts_at) for slot in slots]
    return ForecastAnswer(
        location=site.id,
        timezone=site.timezone,
        stands_on=stands_on(hour_forecasts[0], made),
        forecast=made.forecast.model,
        forecast_made_at=made.at,
        hours=[
            HourAhead(
                local=slot.local,
                starts_at=slot.starts_at,
                expected=expected(hour_forecast),
                visitors=_mix(made.forecast.hour_mix(slot.starts_at)),
            )
            for slot, hour_forecast in zip(slots, hour_forecasts, strict=True)
        ],
    )


def _mix(mix: HourVisitorMix | None) -> MixAhead | None:
    if mix is None:
        return None
    return MixAhead(
        attention_rate=range_of(mix.attention_rate, 4),
        dwell_s=range_of(mix.dwell_s, 2),
        groups=[
            GroupAhead(age=group.age, gender=group.gender, share=range_of(share, 4))
            for group, share in mix.groups
        ],
    )


def _answered(desk: Desk, questions: list[Question], buyer: Buyer) -> BatchAnswer:
    return BatchAnswer(answers=[_one(desk, question, buyer) for question in questions])


def _one(desk: Desk, question: Question, buyer: Buyer) -> Answered:
    price, refused = None, None
    try:
        site = desk.estate.location(question.location)
        slot = parse_slot(question.time_slot, site.zone)
        made = desk.forecast(site)
        found = isolated(site, lambda site: priced(desk, site, slot, made, buyer), RangeError)
        price, refused = (None, found.reason) if isinstance(found, LeftOut) else (found, None)
    except (UnknownLocation, SlotError, RangeError, ForecastFailed) as error:
        refused = str(error)
    return Answered(
        location=question.location, time_slot=question.time_slot, price=price, refused=refused
    )
