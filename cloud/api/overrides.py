"""A price set by hand for one slot: `/api/pricing/override/{location}/{time_slot}`.

With an account it is a deal, which applies to that account alone. The card's floor
and ceiling hold for it too. A change and its entry in the audit log are one transaction; after it
every process works its prices out anew.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.api.audience import LocationName, RangeError
from cloud.api.pricing import TimeSlot, require_near
from cloud.app.buyer import AccountName
from cloud.app.context import AppContext
from cloud.app.forecasts import REACH
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth import audit
from cloud.auth.access import allow_roles, caller_name
from cloud.auth.keys import ACCOUNT_PATTERN, Role
from cloud.database import EPOCH
from cloud.money import major, minor, written
from cloud.pricing.availability import has_begun
from cloud.pricing.market import PriceOverride
from cloud.pricing.rules import compute_card_limits
from cloud.pricing.slot import Slot, parse_slot
from cloud.sales.overrides import (
    ActiveOverride,
    delete_overrides,
    read_active_overrides,
    store_override,
    unknown_override,
)
from cloud.sites.site_model import Site

PLAIN: Final = r"^[^\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\x9f]*$"
"""One line that does not begin with a space."""
MAX_AUTHOR: Final = 120

router = APIRouter(tags=["pricing"], dependencies=[allow_roles(Role.SALES)])


class OverrideRefused(ValueError):  # noqa: N818 - reads as what happened
    """A price that the card does not allow."""


class OverrideRequest(BaseModel):
    """The price to set for a slot, with its reason."""

    model_config = ConfigDict(extra="forbid")

    price: Decimal = Field(
        gt=0,
        le=10**8,
        decimal_places=4,
        examples=["45.00"],
        description="in the currency of the location",
    )
    reason: str = Field(min_length=3, max_length=200, pattern=PLAIN, examples=["agreed in March"])
    until: AwareDatetime | None = Field(
        default=None, description="null: until it is withdrawn", examples=["2030-01-06T18:00:00Z"]
    )

    account: str | None = Field(
        default=None,
        pattern=ACCOUNT_PATTERN,
        examples=["acme"],
        description="the account that it is negotiated with; null: for all",
    )


class OverrideResponse(BaseModel):
    """A price that is set for one slot."""

    number: int = Field(examples=[17], description="of its entry in the audit log")
    location: str = Field(examples=["KX-01"])
    starts_at: datetime = Field(examples=["2030-01-07T08:00:00Z"])
    price: Decimal | None = Field(
        examples=["45.00"], description="null where the sites file no longer has the location"
    )
    price_minor: int = Field(examples=[4500])
    reason: str = Field(examples=["agreed in March"])
    author: str = Field(examples=["Mary Poole (key 4f1c)"])
    set_at: datetime
    until: datetime | None = Field(description="null: until it is withdrawn")
    account: str | None = Field(description="the account that it is for; null: for all")


class OverridesResponse(BaseModel):
    """The set prices, by location and hour."""

    overrides: list[OverrideResponse]


@router.put(
    "/api/pricing/override/{location}/{time_slot}",
    responses=problem_responses(*REFUSALS, 404, 413, 422, 500, 503),
)
async def set_override(
    request: Request, location: LocationName, time_slot: TimeSlot, asked: OverrideRequest
) -> OverrideResponse:
    """Set the price of one slot, in place of the computed one."""
    context: AppContext = get_context(request)
    site = context.sites.location(location)
    slot = parse_slot(time_slot, site.zone)
    return await run_in_threadpool(set_price, context, site, slot, asked, caller_name(request))


@router.delete(
    "/api/pricing/override/{location}/{time_slot}",
    responses=problem_responses(*REFUSALS, 404, 422, 500, 503),
)
async def withdraw_override(
    request: Request, location: LocationName, time_slot: TimeSlot, account: AccountName = None
) -> OverrideResponse:
    """Withdraw the set price of a slot, for all or for one account."""
    context: AppContext = get_context(request)
    site = context.sites.location(location)
    slot = parse_slot(time_slot, site.zone)
    return await run_in_threadpool(
        withdraw_price, context, site, slot, account, caller_name(request)
    )


@router.get("/api/pricing/overrides", responses=problem_responses(*REFUSALS, 404, 422, 500, 503))
async def list_overrides(
    request: Request,
    location: Annotated[LocationName | None, Query(description="default: every location")] = None,
) -> OverridesResponse:
    """List the set prices of one location or of all."""
    context: AppContext = get_context(request)
    chosen = None if location is None else context.sites.location(location)
    found = await run_in_threadpool(active_prices, context, chosen)
    return OverridesResponse(overrides=found)


def active_prices(context: AppContext, site: Site | None) -> list[OverrideResponse]:
    """The set prices of one location or of all."""
    with database.reading(context.engine) as connection:
        found = read_active_overrides(connection, context.clock(), site)
    return [_describe(context, one) for one in found]


def set_price(
    context: AppContext, site: Site, slot: Slot, asked: OverrideRequest, by: str
) -> OverrideResponse:
    """Set the price of a slot; raises RangeError or OverrideRefused."""
    now = context.clock()
    _refuse_times(slot, asked.until, now)
    pence = minor(asked.price, site.currency)
    least, most = compute_card_limits(site.base_rate_minor, context.card)
    if not least <= pence <= most:
        raise OverrideRefused(
            f"{written(pence, site.currency)} is not between {written(least, site.currency)} and "
            f"{written(most, site.currency)}, the floor and the ceiling of {context.card.version} "
            f"for {site.id}: set a price between them"
        )
    hour_at = int(slot.starts_at.timestamp())
    with database.writing(context.engine) as connection:
        _delete(connection, site.formerly, slot, asked.account, now, by)
        number = audit.record_change(
            connection,
            at=now,
            actor=by[:MAX_AUTHOR],
            action="price.override",
            about=_about(site.id, slot),
            details={
                "price_minor": pence,
                "reason": asked.reason,
                "until": asked.until.isoformat() if asked.until else None,
                "account": asked.account,
            },
        )
        author = by[:MAX_AUTHOR]
        override = PriceOverride(number, pence, author, asked.reason, asked.until, asked.account)
        standing = ActiveOverride(site.id, hour_at, now, override)
        store_override(connection, standing)
    context.read_changes()
    return _describe(context, standing)


def withdraw_price(
    context: AppContext, site: Site, slot: Slot, account: str | None, by: str
) -> OverrideResponse:
    """Withdraw the set price of a slot for an account; None is the one for all.

    Raises UnknownOverride.
    """
    now = context.clock()
    with database.writing(context.engine) as connection:
        gone = _delete(connection, site.ids, slot, account, now, by)
        if not gone:
            raise unknown_override(site.id, account)
    context.read_changes()
    return _describe(context, gone[-1])


def _delete(
    connection: Connection,
    ids: Sequence[str],
    slot: Slot,
    account: str | None,
    now: datetime,
    by: str,
) -> list[ActiveOverride]:
    """Withdraw the prices of a slot under all ids of its location, each with an entry."""
    hour_at = int(slot.starts_at.timestamp())
    gone = delete_overrides(connection, ids, hour_at, account, now)
    for one in gone:
        audit.record_change(
            connection,
            at=now,
            actor=by[:MAX_AUTHOR],
            action="price.override.withdraw",
            about=_about(one.location, slot),
            details={
                "number": one.override.number,
                "price_minor": one.override.price_minor,
                "account": account,
            },
        )
    return gone


def _refuse_times(slot: Slot, until: datetime | None, now: datetime) -> None:
    require_near(slot, now)
    if has_begun(slot, now):
        when = "is over" if slot.ends_at <= now else "has begun"
        raise RangeError(f"slot {slot.local.isoformat()} {when}: set the price of one to come")
    if until is not None and not now < until <= now + REACH:
        raise RangeError(
            f"`until` is {until.isoformat()}: ask for a moment within {REACH.days} days from now"
        )


def _about(location: str, slot: Slot) -> str:
    return f"{location}/{slot.local.isoformat(timespec='minutes')}"


def _describe(context: AppContext, standing: ActiveOverride) -> OverrideResponse:
    override = standing.override
    currency = context.sites.currency(standing.location)
    return OverrideResponse(
        number=override.number,
        location=context.sites.current_id(standing.location),
        starts_at=EPOCH + timedelta(seconds=standing.hour_at),
        price=None if currency is None else major(override.price_minor, currency),
        price_minor=override.price_minor,
        reason=override.reason,
        author=override.author,
        set_at=standing.set_at,
        until=override.until_at,
        account=override.account,
    )
