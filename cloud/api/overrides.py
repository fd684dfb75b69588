"""A price that somebody sets for one slot: `/api/pricing/override/{location}/{time_slot}`.

With an account it is a deal, which holds for that account and for nobody else. The card's floor
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
from cloud.api.buyer import AccountName
from cloud.api.pricing import TimeSlot, refuse_distant
from cloud.app.context import Desk
from cloud.app.forecasts import REACH
from cloud.app.problem import REFUSALS, documented
from cloud.app.rate_card_reload import desk_of
from cloud.auth import audit
from cloud.auth.access import caller, opened_to
from cloud.auth.keys import ACCOUNT_PATTERN, Role
from cloud.database import EPOCH
from cloud.estate import Site
from cloud.money import major, minor, written
from cloud.pricing.availability import has_begun
from cloud.pricing.market import PriceOverride
from cloud.pricing.rules import compute_card_limits
from cloud.pricing.slot import Slot, parse_slot
from cloud.sales.overrides import (
    Standing,
    drop_overrides,
    keep_override,
    standing_overrides,
    unknown_override,
)

PLAIN: Final = r"^[^\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\x9f]*$"
"""One line that does not begin with a space."""
LONGEST_AUTHOR: Final = 120

router = APIRouter(tags=["pricing"], dependencies=[opened_to(Role.SALES)])


class OverrideRefused(ValueError):  # noqa: N818 - reads as what happened
    """A price that the card does not allow."""


class OverrideAsked(BaseModel):
    """What a slot is to cost, and why."""

    model_config = ConfigDict(extra="forbid")

    price: Decimal = Field(
        gt=0, le=10**8, decimal_places=4, examples=["45.00"], description="in the place's currency"
    )
    reason: str = Field(min_length=3, max_length=200, pattern=PLAIN, examples=["agreed in March"])
    until: AwareDatetime | None = Field(
        default=None, description="null: until it is withdrawn", examples=["2026-11-22T18:00:00Z"]
    )

    account: str | None = Field(
        default=None,
        pattern=ACCOUNT_PATTERN,
        examples=["acme"],
        description="for whom it is negotiated; null: for everybody",
    )


class OverrideAnswer(BaseModel):
    """A price that is set for one slot."""

    number: int = Field(examples=[17], description="of its entry in the audit log")
    location: str = Field(examples=["KX-01"])
    starts_at: datetime = Field(examples=["2026-11-23T08:00:00Z"])
    price: Decimal | None = Field(
        examples=["45.00"], description="null where the sites file no longer has the location"
    )
    price_minor: int = Field(examples=[4500])
    reason: str = Field(examples=["agreed in March"])
    author: str = Field(examples=["Mary Poole (key 4f1c)"])
    set_at: datetime
    until: datetime | None = Field(description="null: until it is withdrawn")
    account: str | None = Field(description="for whom alone it holds; null: for everybody")


class OverridesAnswer(BaseModel):
    """Those that stand, by place and hour."""

    overrides: list[OverrideAnswer]


@router.put(
    "/api/pricing/override/{location}/{time_slot}",
    responses=documented(*REFUSALS, 404, 413, 422, 500, 503),
)
async def set_override(
    request: Request, location: LocationName, time_slot: TimeSlot, asked: OverrideAsked
) -> OverrideAnswer:
    """Set the price of one slot, in place of the computed one."""
    desk: Desk = desk_of(request)
    site = desk.estate.location(location)
    slot = parse_slot(time_slot, site.zone)
    return await run_in_threadpool(set_price, desk, site, slot, asked, caller(request))


@router.delete(
    "/api/pricing/override/{location}/{time_slot}",
    responses=documented(*REFUSALS, 404, 422, 500, 503),
)
async def withdraw_override(
    request: Request, location: LocationName, time_slot: TimeSlot, account: AccountName = None
) -> OverrideAnswer:
    """Withdraw the price that was set for a slot, for everybody or for one account."""
    desk: Desk = desk_of(request)
    site = desk.estate.location(location)
    slot = parse_slot(time_slot, site.zone)
    return await run_in_threadpool(withdraw_price, desk, site, slot, account, caller(request))


@router.get("/api/pricing/overrides", responses=documented(*REFUSALS, 404, 422, 500, 503))
async def overrides(
    request: Request,
    location: Annotated[LocationName | None, Query(description="default: every place")] = None,
) -> OverridesAnswer:
    """List the prices that are set, of one place or of all."""
    desk: Desk = desk_of(request)
    chosen = None if location is None else desk.estate.location(location)
    found = await run_in_threadpool(prices_set, desk, chosen)
    return OverridesAnswer(overrides=found)


def prices_set(desk: Desk, site: Site | None) -> list[OverrideAnswer]:
    """The prices that are set, of one place or of all."""
    with database.reading(desk.engine) as connection:
        found = standing_overrides(connection, desk.clock(), site)
    return [_described(desk, one) for one in found]


def set_price(desk: Desk, site: Site, slot: Slot, asked: OverrideAsked, by: str) -> OverrideAnswer:
    """Set the price of a slot; raises RangeError or OverrideRefused."""
    now = desk.clock()
    _refuse_times(slot, asked.until, now)
    pence = minor(asked.price, site.currency)
    least, most = compute_card_limits(site.base_rate_minor, desk.card)
    if not least <= pence <= most:
        raise OverrideRefused(
            f"{written(pence, site.currency)} is not between {written(least, site.currency)} and "
            f"{written(most, site.currency)}, the floor and the ceiling of {desk.card.version} "
            f"for {site.id}: set a price between them"
        )
    hour_at = int(slot.starts_at.timestamp())
    with database.writing(desk.engine) as connection:
        _drop(connection, site.formerly, slot, asked.account, now, by)
        number = audit.record(
            connection,
            at=now,
            actor=by[:LONGEST_AUTHOR],
            action="price.override",
            about=_about(site.id, slot),
            details={
                "price_minor": pence,
                "reason": asked.reason,
                "until": asked.until.isoformat() if asked.until else None,
                "account": asked.account,
            },
        )
        author = by[:LONGEST_AUTHOR]
        override = PriceOverride(number, pence, author, asked.reason, asked.until, asked.account)
        standing = Standing(site.id, hour_at, now, override)
        keep_override(connection, standing)
    desk.hear()
    return _described(desk, standing)


def withdraw_price(
    desk: Desk, site: Site, slot: Slot, account: str | None, by: str
) -> OverrideAnswer:
    """Withdraw the price of a slot that holds for an account, or for everybody where it is None.

    Raises UnknownOverride.
    """
    now = desk.clock()
    with database.writing(desk.engine) as connection:
        gone = _drop(connection, site.ids, slot, account, now, by)
        if not gone:
            raise unknown_override(site.id, account)
    desk.hear()
    return _described(desk, gone[-1])


def _drop(
    connection: Connection,
    ids: Sequence[str],
    slot: Slot,
    account: str | None,
    now: datetime,
    by: str,
) -> list[Standing]:
    """Withdraw the prices of a slot that stand under ids of its place, each with its entry."""
    hour_at = int(slot.starts_at.timestamp())
    gone = drop_overrides(connection, ids, hour_at, account, now)
    for one in gone:
        audit.record(
            connection,
            at=now,
            actor=by[:LONGEST_AUTHOR],
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
    refuse_distant(slot, now)
    if has_begun(slot, now):
        when = "is over" if slot.ends_at <= now else "has begun"
        raise RangeError(f"slot {slot.local.isoformat()} {when}: set the price of one to come")
    if until is not None and not now < until <= now + REACH:
        raise RangeError(
            f"`until` is {until.isoformat()}: ask for a moment within {REACH.days} days from now"
        )


def _about(location: str, slot: Slot) -> str:
    return f"{location}/{slot.local.isoformat(timespec='minutes')}"


def _described(desk: Desk, standing: Standing) -> OverrideAnswer:
    override = standing.override
    currency = desk.estate.currency(standing.location)
    return OverrideAnswer(
        number=override.number,
        location=desk.estate.current_id(standing.location),
        starts_at=EPOCH + timedelta(seconds=standing.hour_at),
        price=None if currency is None else major(override.price_minor, currency),
        price_minor=override.price_minor,
        reason=override.reason,
        author=override.author,
        set_at=standing.set_at,
        until=override.until_at,
        account=override.account,
    )
