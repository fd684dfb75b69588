"""`GET /api/pricing/slot/{location}/{time_slot}`: a price with its factors.

The slot is read on the location's own clock and quoted from the cached forecast, or from a new one.
Money is written as a decimal string and in minor units; factors are strings, so that no floating
point changes their product.
"""

from collections.abc import Hashable, Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field

from cloud.api.audience import LocationName, RangeError
from cloud.app.buyer import STAFF, Buyer, BuyerOf
from cloud.app.context import AppContext
from cloud.app.etag import NOT_MODIFIED, TaggedResponse
from cloud.app.forecast_cache import CachedForecast
from cloud.app.forecasts import REACH, forecast_site
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.ranges import Range, range_of
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import BUYER_ROLES, allow_roles
from cloud.forecast.forecaster import HourForecast
from cloud.money import major
from cloud.pricing.availability import Availability, Status, compute_availability, has_begun
from cloud.pricing.market import Market, PriceOverride
from cloud.pricing.quote import Quote, hide_reasons, quote
from cloud.pricing.slot import Slot, parse_slot
from cloud.sites.site_model import Site

PRODUCT_STEP: Final = Decimal("0.0001")

router = APIRouter(tags=["pricing"], dependencies=[allow_roles(*BUYER_ROLES)])
TimeSlot = Annotated[
    str,
    Path(
        examples=["2030-01-07T08:00"],
        max_length=60,
        description="start of a local hour, or an instant with its offset that starts one",
    ),
]


class PriceSlotResponse(BaseModel):
    """The hour that is sold, half-open."""

    local: datetime = Field(examples=["2030-01-07T08:00:00+00:00"])
    starts_at: datetime = Field(examples=["2030-01-07T08:00:00Z"])
    ends_at: datetime = Field(examples=["2030-01-07T09:00:00Z"])


class PriceFactorResponse(BaseModel):
    """One multiplier of the price."""

    name: str = Field(examples=["peak"])
    value: str = Field(examples=["1.4"])
    reason: str = Field(examples=["Monday 08:00 lies in the morning peak (07-09)"])
    product: Decimal = Field(
        examples=["25.20"], description="base rate times this factor and those before it"
    )


class Expected(BaseModel):
    """The audience expected in the hour."""

    crowd: Range = Field(description="people in view, on average")
    entries: Range = Field(description="people who come into view: opportunities to see")
    onlookers: Range = Field(description="viewers: people who look")
    attention_s: Range = Field(description="attention seconds, all people together")


class ForecastBasis(BaseModel):
    """The data that the forecast of this hour is based on."""

    kind: str = Field(
        examples=["measured"],
        description="measured here; similar_hours: this hour of the week was not observed, other "
        "days' same hours were; venue: the kind of venue",
    )
    reason: str = Field(examples=["the last 6.0 weeks measured here"])
    weeks: float = Field(examples=[6.0], description="weeks of observed hours")
    cutoff_at: datetime | None = Field(
        description="end of the newest observed hour that the forecast uses; one that is made at "
        "night uses no later hour"
    )
    newest_data_at: datetime | None = Field(
        description="end of the newest minute that a camera observed here; null: nothing observed"
    )
    data_age_s: float | None = Field(
        examples=[30.0], description="from `newest_data_at` to `versions.forecast_made_at`"
    )
    observed_share: float | None = Field(
        examples=[0.97],
        description="of the last seven days, over the cameras of the sites file; null: none there",
    )
    cameras_expected: int = Field(examples=[2], description="that should have reported today")
    cameras_reporting: int = Field(examples=[2], description="of these, that did")


class PriceVersionsResponse(BaseModel):
    """The versions of everything that the price is computed from."""

    rate_card: str = Field(examples=["reference-3"])
    rate_card_digest: str = Field(examples=["9f0c2ab1d4e6"])
    forecast: str = Field(examples=["recent-2"])
    forecast_made_at: datetime
    published_on: date | None = Field(
        default=None, description="the day of the published price that a daily move counts from"
    )


class DealShown(BaseModel):
    """A price that was set by hand."""

    number: int = Field(examples=[17], description="of its entry in the audit log")
    account: str | None = Field(description="the account that it is for; null: for all")
    price: Decimal = Field(examples=["38.00"])
    author: str
    reason: str
    until: datetime | None = Field(description="null: until it is withdrawn")


class OverrideShown(DealShown):
    """The set price that is quoted, and the computed price without it."""

    computed_price: Decimal = Field(examples=["43.12"])
    computed_price_minor: int = Field(examples=[4312])


class AvailabilityResponse(BaseModel):
    """Whether a loop position can still be bought."""

    status: Status = Field(
        examples=["available"], description="`past`: the hour has begun; `unknown`: no occupancy"
    )
    positions: int = Field(
        examples=[6], description="positions of the loop, one for each advertiser"
    )
    booked: int | None = Field(examples=[5], description="null: no occupancy is recorded")
    free: int | None = Field(examples=[1], description="null: unknown")
    sentence: str = Field(examples=["5 of 6 positions are booked"])


class PriceResponse(BaseModel):
    """One loop position in one slot: base rate times factors, rounded once to the penny."""

    location: str = Field(examples=["KX-01"])
    name: str = Field(examples=["King's Cross St Pancras, Northern ticket hall"])
    slot: PriceSlotResponse
    price: Decimal = Field(examples=["43.12"])
    price_minor: int = Field(examples=[4312])
    currency: str = Field(examples=["GBP"])
    price_p10: Decimal = Field(
        examples=["36.20"], description="the price at the P10 of the attention"
    )
    price_p90: Decimal = Field(
        examples=["51.90"], description="the price at the P90 of the attention"
    )
    base_rate: Decimal = Field(examples=["18.00"])
    base_rate_minor: int = Field(examples=[1800])
    factors: list[PriceFactorResponse]
    override: OverrideShown | None = Field(
        default=None, description="shown to staff only; null: a computed price"
    )
    deals: list[DealShown] | None = Field(
        default=None, description="prices of single accounts; null to all but staff"
    )
    availability: AvailabilityResponse
    expected: Expected
    basis: ForecastBasis
    versions: PriceVersionsResponse


@router.get(
    "/api/pricing/slot/{location}/{time_slot}",
    response_model=PriceResponse,
    responses={304: NOT_MODIFIED, **problem_responses(*REFUSALS, 404, 422, 500, 503)},
)
async def get_price(
    request: Request, location: LocationName, time_slot: TimeSlot, buyer: BuyerOf
) -> Response:
    """Quote one position of the screen's loop for one hour, with every reason."""
    context: AppContext = get_context(request)
    site = context.sites.location(location)
    slot = parse_slot(time_slot, site.zone)
    made = await forecast_site(context, site)
    taken = made.book.count_taken(slot)
    view = _buyer_key(buyer, made, slot), taken, has_begun(slot, context.clock())
    key = context.key("price", site.id, slot.starts_at, made.at, *view)
    answer = context.response_cache.get(key)
    if answer is None:
        body = price_slot(context, site, slot, made, buyer).model_dump_json().encode()
        answer = context.response_cache.put(key, TaggedResponse(body))
    return answer.answer(request)


def _buyer_key(buyer: Buyer, made: CachedForecast, slot: Slot) -> Hashable:
    """The part of the cache key that depends on the buyer; for advertisers only the set price."""
    if buyer.is_staff:
        return "staff", buyer.account
    override = made.book.market(slot, buyer.account).override
    return None if override is None else (override.number, override.account)


def price_slot(
    context: AppContext, site: Site, slot: Slot, made: CachedForecast, buyer: Buyer = STAFF
) -> PriceResponse:
    """The answer for a slot and a buyer, from an existing forecast."""
    require_near(slot, made.at)
    hour_forecast = made.forecast.hour_forecast(slot.starts_at)
    market = made.book.market(slot, buyer.account)
    quoted = quote(site, slot, hour_forecast, context.card, market)
    if market.override is not None and not buyer.is_staff:
        quoted = hide_reasons(quoted, is_deal=market.override.account is not None)
    answer = _describe(context, site, quoted, hour_forecast, made, market)
    if buyer.is_staff:
        answer.deals = [
            DealShown(**_describe_override(one, site.currency)) for one in made.book.deals(slot)
        ]
    if market.override is not None and buyer.is_staff:
        computed = quote(site, slot, hour_forecast, context.card, replace(market, override=None))
        answer.override = OverrideShown(
            **_describe_override(market.override, site.currency),
            computed_price=major(computed.price_minor, computed.currency),
            computed_price_minor=computed.price_minor,
        )
    return answer


def _describe_override(override: PriceOverride, currency: str) -> dict[str, Any]:
    return {
        "number": override.number,
        "account": override.account,
        "price": major(override.price_minor, currency),
        "author": override.author,
        "reason": override.reason,
        "until": override.until_at,
    }


def slot_availability(context: AppContext, site: Site, slot: Slot, market: Market) -> Availability:
    """The availability of a slot at the present time."""
    return compute_availability(slot, site.loop.positions, market, context.clock())


def describe_expected(hour_forecast: HourForecast) -> Expected:
    """The audience of an hour's forecast as the API writes it."""
    return Expected(
        crowd=range_of(hour_forecast.crowd, 2),
        entries=range_of(hour_forecast.entries, 1),
        onlookers=range_of(hour_forecast.onlookers, 1),
        attention_s=range_of(hour_forecast.attention_s, 1),
    )


def describe_basis(hour_forecast: HourForecast, made: CachedForecast) -> ForecastBasis:
    """The basis of an hour's forecast as the API writes it."""
    seen = made.observed
    newest_at = seen.newest_at
    return ForecastBasis(
        kind=hour_forecast.basis,
        reason=hour_forecast.reason,
        weeks=hour_forecast.weeks,
        cutoff_at=hour_forecast.cutoff_at,
        newest_data_at=newest_at,
        data_age_s=None if newest_at is None else (made.at - newest_at).total_seconds(),
        observed_share=None if seen.share is None else round(seen.share, 4),
        cameras_expected=seen.cameras_expected,
        cameras_reporting=seen.cameras_reporting,
    )


def require_near(slot: Slot, now: datetime) -> None:
    """Raise RangeError for a slot beyond the reach of forecasts."""
    if abs(slot.starts_at - now) > REACH:
        raise RangeError(
            f"slot {slot.local.isoformat(timespec='minutes')} is "
            f"{abs((slot.starts_at - now).days)} days from now: ask within {REACH.days}"
        )


def _describe_factors(quoted: Quote) -> Iterator[PriceFactorResponse]:
    product_minor = Decimal(quoted.base_rate_minor)
    for factor in quoted.factors:
        product_minor *= factor.value
        yield PriceFactorResponse(
            name=factor.name,
            value=f"{factor.value:f}",
            reason=factor.reason,
            product=major(product_minor, quoted.currency).quantize(PRODUCT_STEP),
        )


def _describe(
    context: AppContext,
    site: Site,
    quoted: Quote,
    hour_forecast: HourForecast,
    made: CachedForecast,
    market: Market,
) -> PriceResponse:
    slot = quoted.slot
    on_sale = slot_availability(context, site, slot, market)
    return PriceResponse(
        location=site.id,
        name=site.name,
        slot=PriceSlotResponse(local=slot.local, starts_at=slot.starts_at, ends_at=slot.ends_at),
        price=major(quoted.price_minor, quoted.currency),
        price_minor=quoted.price_minor,
        currency=quoted.currency,
        price_p10=major(quoted.price_p10_minor, quoted.currency),
        price_p90=major(quoted.price_p90_minor, quoted.currency),
        base_rate=major(quoted.base_rate_minor, quoted.currency),
        base_rate_minor=quoted.base_rate_minor,
        factors=list(_describe_factors(quoted)),
        availability=AvailabilityResponse(
            status=on_sale.status,
            positions=on_sale.positions,
            booked=on_sale.booked,
            free=on_sale.free,
            sentence=on_sale.sentence,
        ),
        expected=describe_expected(hour_forecast),
        basis=describe_basis(hour_forecast, made),
        versions=PriceVersionsResponse(
            rate_card=quoted.rate_card,
            rate_card_digest=context.card_digest,
            forecast=hour_forecast.model,
            forecast_made_at=made.at,
            published_on=made.book.sheet.published_on if made.book.sheet else None,
        ),
    )
