"""`GET /api/pricing/slot/{location}/{time_slot}`: a price that explains itself.

Route of a question: read the slot on the location's own clock, look for a fresh forecast, else make
one from the database, then quote. Money is written as a decimal string and as whole pence; factors
are strings, so that nobody's floating point changes what they multiply to.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from cloud.api.access import opened_to
from cloud.api.audience import LocationName, RangeError
from cloud.api.desk import Desk
from cloud.api.in_force import desk_of
from cloud.api.keys import Role
from cloud.api.locations import pounds
from cloud.api.made import Made
from cloud.api.problem import REFUSALS, documented
from cloud.api.tag import NOT_MODIFIED, Tagged
from cloud.estate import Site
from cloud.forecast.interval import Interval
from cloud.forecast.outlook import Outlook
from cloud.pricing.market import Override
from cloud.pricing.quote import Quote, quote
from cloud.pricing.slot import Slot, parse_slot

REACH: Final = timedelta(days=400)

router = APIRouter(tags=["pricing"], dependencies=[opened_to(Role.SALES, Role.ADVERTISER)])
TimeSlot = Annotated[
    str,
    Path(
        examples=["2026-11-23T08:00"],
        max_length=60,
        description="start of a local hour, or an instant with its offset that starts one",
    ),
]


class SlotAnswer(BaseModel):
    """The hour that is sold, half-open."""

    local: datetime = Field(examples=["2026-11-23T08:00:00+00:00"])
    starts_at: datetime = Field(examples=["2026-11-23T08:00:00Z"])
    ends_at: datetime = Field(examples=["2026-11-23T09:00:00Z"])


class FactorAnswer(BaseModel):
    """One multiplier of the price."""

    name: str = Field(examples=["peak"])
    value: str = Field(examples=["1.4"])
    reason: str = Field(examples=["Monday 08:00 lies in the morning peak (07-09)"])


class Range(BaseModel):
    """Four times in five between `p10` and `p90`."""

    p10: float = Field(examples=[610.0])
    p50: float = Field(examples=[820.0])
    p90: float = Field(examples=[1090.0])


class Expected(BaseModel):
    """The audience expected in the hour."""

    crowd: Range = Field(description="people in view, on average")
    entries: Range = Field(description="people who come into view: opportunities to see")
    onlookers: Range = Field(description="people who really look")
    looking_s: Range = Field(description="seconds of looking, all people together")


class StandsOn(BaseModel):
    """What the expectation rests on."""

    basis: str = Field(examples=["measured"], description="measured here, or the kind of venue")
    reason: str = Field(examples=["the last 6.0 weeks measured here"])
    weeks: float = Field(examples=[6.0], description="weeks of observed hours")
    cutoff_at: datetime | None = Field(description="no measurement after this was used")


class VersionsAnswer(BaseModel):
    """With these the same price comes out again."""

    rate_card: str = Field(examples=["reference-2"])
    rate_card_digest: str = Field(examples=["9f0c2ab1d4e6"])
    forecast: str = Field(examples=["recent-2"])
    forecast_made_at: datetime
    published_on: date | None = Field(
        default=None, description="the day of the published price that a daily move counts from"
    )


class OverrideShown(BaseModel):
    """Who has set the price, and what it would be without that."""

    number: int = Field(examples=[17], description="of its entry in the audit log")
    author: str
    reason: str
    until: datetime | None = Field(description="null: until it is withdrawn")
    computed_price: Decimal = Field(examples=["43.12"])
    computed_price_pence: int = Field(examples=[4312])


class PriceAnswer(BaseModel):
    """One advertiser's share of one slot: base rate times factors, rounded once to the penny."""

    location: str = Field(examples=["KX-01"])
    name: str = Field(examples=["King's Cross St Pancras, Northern ticket hall"])
    slot: SlotAnswer
    price: Decimal = Field(examples=["43.12"])
    price_pence: int = Field(examples=[4312])
    currency: str = Field(examples=["GBP"])
    low: Decimal = Field(examples=["36.20"], description="the price at the P10 of the attention")
    high: Decimal = Field(examples=["51.90"], description="the price at the P90 of the attention")
    base_rate: Decimal = Field(examples=["18.00"])
    base_rate_pence: int = Field(examples=[1800])
    factors: list[FactorAnswer]
    override: OverrideShown | None = Field(default=None, description="null: a computed price")
    expected: Expected
    stands_on: StandsOn
    versions: VersionsAnswer


@router.get(
    "/api/pricing/slot/{location}/{time_slot}",
    response_model=PriceAnswer,
    responses={304: NOT_MODIFIED, **documented(*REFUSALS, 404, 422, 500, 503)},
)
async def price(request: Request, location: LocationName, time_slot: TimeSlot) -> Response:
    """Quote one advertiser's share of the screen's loop for one hour, with every reason."""
    desk: Desk = desk_of(request)
    site = desk.estate.location(location)
    slot = parse_slot(time_slot, site.zone)
    made = await made_for(desk, site)
    key = desk.key("price", site.id, slot.starts_at, made.at)
    answer = desk.answers.recall(key)
    if answer is None:
        body = priced(desk, site, slot, made).model_dump_json().encode()
        answer = desk.answers.keep(key, Tagged(body))
    return answer.answer(request)


async def made_for(desk: Desk, site: Site) -> Made:
    """The forecast of a site, made in a thread when none is fresh."""
    made = desk.fresh(site)
    return made if made is not None else await run_in_threadpool(desk.forecast, site)


async def made_for_all(desk: Desk, sites: Sequence[Site]) -> list[Made]:
    """The forecasts of several sites, made in one thread when some are not fresh."""
    now = desk.clock()
    found = [desk.shelf.fresh(site.id, now, desk.changes.generation) for site in sites]
    if any(made is None for made in found):
        return await run_in_threadpool(lambda: [desk.forecast(site) for site in sites])
    return [made for made in found if made is not None]


def priced(desk: Desk, site: Site, slot: Slot, made: Made) -> PriceAnswer:
    """The answer for a slot, from a forecast that has been made."""
    refuse_distant(slot, made.at)
    outlook = made.forecast.outlook(slot.starts_at)
    market = made.book.market(slot)
    quoted = quote(site, slot, outlook, desk.card, market)
    answer = _described(desk, site, quoted, outlook, made)
    if market.override is not None:
        computed = quote(site, slot, outlook, desk.card, replace(market, override=None))
        answer.override = _set_by_hand(market.override, computed.price_pence)
    return answer


def _set_by_hand(override: Override, computed_pence: int) -> OverrideShown:
    return OverrideShown(
        number=override.number,
        author=override.author,
        reason=override.reason,
        until=override.until_at,
        computed_price=pounds(computed_pence),
        computed_price_pence=computed_pence,
    )


def expected(outlook: Outlook) -> Expected:
    """The audience of an outlook as it is written."""
    return Expected(
        crowd=range_of(outlook.crowd, 2),
        entries=range_of(outlook.entries, 1),
        onlookers=range_of(outlook.onlookers, 1),
        looking_s=range_of(outlook.looking_s, 1),
    )


def stands_on(outlook: Outlook) -> StandsOn:
    """What an outlook rests on as it is written."""
    return StandsOn(
        basis=outlook.basis,
        reason=outlook.reason,
        weeks=outlook.weeks,
        cutoff_at=outlook.cutoff_at,
    )


def refuse_distant(slot: Slot, now: datetime) -> None:
    """Raise RangeError for a slot that nothing can be said of."""
    if abs(slot.starts_at - now) > REACH:
        raise RangeError(
            f"slot {slot.local.isoformat(timespec='minutes')} is "
            f"{abs((slot.starts_at - now).days)} days from now: ask within {REACH.days}"
        )


def _described(desk: Desk, site: Site, quoted: Quote, outlook: Outlook, made: Made) -> PriceAnswer:
    slot = quoted.slot
    return PriceAnswer(
        location=site.id,
        name=site.name,
        slot=SlotAnswer(local=slot.local, starts_at=slot.starts_at, ends_at=slot.ends_at),
        price=pounds(quoted.price_pence),
        price_pence=quoted.price_pence,
        currency=quoted.currency,
        low=pounds(quoted.low_pence),
        high=pounds(quoted.high_pence),
        base_rate=pounds(quoted.base_rate_pence),
        base_rate_pence=quoted.base_rate_pence,
        factors=[
            FactorAnswer(name=factor.name, value=f"{factor.value:f}", reason=factor.reason)
            for factor in quoted.factors
        ],
        expected=expected(outlook),
        stands_on=stands_on(outlook),
        versions=VersionsAnswer(
            rate_card=quoted.rate_card,
            rate_card_digest=desk.card_digest,
            forecast=outlook.model,
            forecast_made_at=made.at,
            published_on=made.book.sheet.published_on if made.book.sheet else None,
        ),
    )


def range_of(interval: Interval, places: int) -> Range:
    """An interval as it is written."""
    return Range(
        p10=round(interval.p10, places),
        p50=round(interval.p50, places),
        p90=round(interval.p90, places),
    )
