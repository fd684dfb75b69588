"""`/api/quotes`: a price for slots that is locked for half an hour, with its factors and versions.

The client never sends a price. A quote belongs to the account that it was given to; for any other
buyer it does not exist.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.api.audience import RangeError
from cloud.api.booking.selection import SelectionRequest, select_slots
from cloud.app.buyer import Buyer, BuyerOf
from cloud.app.context import AppContext
from cloud.app.etag import NOT_MODIFIED, TaggedResponse
from cloud.app.forecasts import REACH
from cloud.app.idempotency.idempotent_request import MUTATION_REFUSALS, Idempotent
from cloud.app.idempotency.key_store import Reply
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.app.slot_quotes import compute_quote
from cloud.auth.access import BUYER_ROLES, Caller, allow_roles, receive_caller
from cloud.booking.audit_log.quote_comparison import record_quote
from cloud.booking.quote_locks import (
    LockedQuote,
    QuoteExpiredError,
    find_replacement,
    lock_row,
    read_quote,
    read_valid_quote,
    store_quote,
)
from cloud.booking.slots import DeliveryType
from cloud.database import EPOCH
from cloud.money import major, written

MAX_QUOTED: Final = 2_000

router = APIRouter(tags=["booking"], dependencies=[allow_roles(*BUYER_ROLES)])
Asker = Annotated[Caller, Depends(receive_caller)]
QuoteId = Annotated[str, Path(examples=["3f2a9c1e5b7d4806a1c2e3f405162738"], max_length=64)]


class QuoteFactor(BaseModel):
    """One multiplier of a price."""

    name: str = Field(examples=["peak"])
    value: str = Field(examples=["1.4"])
    reason: str


class QuotedSlot(BaseModel):
    """Positions of one slot; the price is that of one position."""

    location: str = Field(examples=["KX-01"])
    starts_at: datetime = Field(examples=["2030-01-07T08:00:00Z"])
    positions: int
    price: Decimal = Field(examples=["43.12"])
    price_minor: int = Field(examples=[4312])
    free: int | None = Field(description="free positions when the quote was read; null: unknown")
    factors: list[QuoteFactor]


class QuoteResponse(BaseModel):
    """A locked price."""

    id: str = Field(examples=["3f2a9c1e5b7d4806a1c2e3f405162738"])
    account: str = Field(examples=["acme"])
    created_at: datetime
    valid_until: datetime
    is_valid: bool
    total: Decimal = Field(examples=["86.24"])
    total_minor: int = Field(examples=[8624])
    currency: str = Field(examples=["GBP"])
    delivery: DeliveryType
    versions: dict[str, str] = Field(description="rate card, and the forecast of each screen")
    slots: list[QuotedSlot]


class QuoteRepriced(Exception):  # noqa: N818 - reads as what happened
    """An expired quote that was used; there is a new one with the present price."""

    def __init__(self, former: LockedQuote, new: LockedQuote) -> None:
        before, now = (written(one.total_minor, one.currency) for one in (former, new))
        super().__init__(
            f"quote {former.id} was valid until {former.valid_until:%Y-%m-%dT%H:%M:%SZ}; its slots "
            f"cost {now} {new.currency} now, {before} {former.currency} before: "
            f"use quote {new.id}, which is valid until {new.valid_until:%Y-%m-%dT%H:%M:%SZ}"
        )
        self.members: Mapping[str, Any] = {
            "quote": new.id,
            "valid_until": new.valid_until.isoformat(),
            "total_minor": new.total_minor,
            "former_total_minor": former.total_minor,
            "currency": new.currency,
        }


@router.post(
    "/api/quotes",
    status_code=201,
    response_model=QuoteResponse,
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503),
)
async def create_quote(
    request: Request, asked: SelectionRequest, who: Asker, buyer: BuyerOf, idempotent: Idempotent
) -> Response:
    """Lock the price of up to 2,000 slots; `Location` has the address of the quote."""
    context: AppContext = get_context(request)

    def prepare() -> Callable[[Connection], Reply]:
        with database.reading(context.engine) as connection:
            selection = select_slots(connection, context.sites, asked, most=MAX_QUOTED)
        demand = selection.demand
        _refuse_times([one.starts_at_s for one in demand], context.clock())
        quoted = compute_quote(
            context, demand, selection.delivery, buyer, account=_account(who, buyer), by=who.name
        )
        body = describe_quote(context, quoted)

        def lock(connection: Connection) -> Reply:
            lock_quote(connection, quoted, who)
            return Reply(201, body, {"location": f"/api/quotes/{quoted.id}"})

        return lock

    return await run_in_threadpool(idempotent.run_prepared, context, prepare)


@router.get(
    "/api/quotes/{quote}",
    response_model=QuoteResponse,
    responses={304: NOT_MODIFIED, **problem_responses(*REFUSALS, 404, 422, 500, 503)},
)
async def get_quote(request: Request, quote: QuoteId, who: Asker) -> Response:
    """Read a quote with its factors, also after it has expired."""
    context: AppContext = get_context(request)

    def read() -> Response:
        with database.reading(context.engine) as connection:
            found = read_quote(connection, quote, who.accounts)
        return TaggedResponse(describe_quote(context, found)).answer(request)

    return await run_in_threadpool(read)


def lock_quote(connection: Connection, quoted: LockedQuote, who: Caller) -> None:
    """Store a quote, with its entry in the audit log."""
    store_quote(connection, quoted)
    record_quote(connection, quoted, who.name)


def require_valid_quote(
    context: AppContext, connection: Connection, name: str, who: Caller
) -> LockedQuote:
    """A quote that may be used by the caller; raises UnknownQuote or QuoteExpiredError."""
    return read_valid_quote(connection, name, context.clock(), who.accounts)


def reprice(context: AppContext, error: QuoteExpiredError, who: Caller) -> QuoteRepriced:
    """The answer to an expired quote: a new one with the present prices, locked.

    The same new quote is the answer to every use of the expired one while it is valid and unused.
    """
    former = error.quote
    _refuse_times([one.starts_at_s for one in former.slots], context.clock())
    with database.reading(context.engine) as connection:
        found = find_replacement(connection, former, context.clock())
    return QuoteRepriced(former, found or _replace_quote(context, former, who))


def _replace_quote(context: AppContext, former: LockedQuote, who: Caller) -> LockedQuote:
    buyer = Buyer(former.account, is_staff=who.sees_all)
    computed = compute_quote(
        context, former.demand, former.delivery, buyer, account=former.account, by=who.name
    )
    new = replace(computed, replaces=former.id)
    with database.writing(context.engine) as connection:
        lock_row(connection, former)
        found = find_replacement(connection, former, new.created_at)
        if found is None:
            lock_quote(connection, new, who)
    return found or new


def describe_quote(context: AppContext, quoted: LockedQuote) -> bytes:
    """As `QuoteResponse`, with the free positions as of now."""
    free = _read_free(context, quoted)
    return msgspec.json.encode(
        {
            "id": quoted.id,
            "account": quoted.account,
            "created_at": quoted.created_at,
            "valid_until": quoted.valid_until,
            "is_valid": quoted.is_valid(context.clock()),
            "total": str(major(quoted.total_minor, quoted.currency)),
            "total_minor": quoted.total_minor,
            "currency": quoted.currency,
            "delivery": quoted.delivery,
            "versions": dict(quoted.versions),
            "slots": [
                {
                    "location": one.location,
                    "starts_at": EPOCH + timedelta(seconds=one.starts_at_s),
                    "positions": one.positions,
                    "price": str(major(one.price_minor, quoted.currency)),
                    "price_minor": one.price_minor,
                    "free": free.get((one.location, one.starts_at_s)),
                    "factors": [
                        {"name": factor.name, "value": factor.value, "reason": factor.reason}
                        for factor in one.factors
                    ],
                }
                for one in quoted.slots
            ],
        }
    )


def _read_free(context: AppContext, quoted: LockedQuote) -> dict[tuple[str, int], int]:
    free = {}
    names = Counter(one.location for one in quoted.slots)
    listed = {name: context.sites.location(name) for name in names if name in context.sites.ids}
    books = {name: context.forecast(site).book for name, site in listed.items()}
    for one in quoted.slots:
        occupancy = books[one.location].count(one.starts_at_s) if one.location in books else None
        if occupancy is not None:
            free[one.location, one.starts_at_s] = occupancy.free
    return free


def _account(who: Caller, buyer: Buyer) -> str:
    return who.account if buyer.account is None else buyer.account


def _refuse_times(starts_s: list[int], now: datetime) -> None:
    """Refuse hours that have begun, and those that are too far ahead for a forecast."""
    first, last = (EPOCH + timedelta(seconds=one) for one in (min(starts_s), max(starts_s)))
    if first <= now:
        raise RangeError(
            f"the hour from {first:%Y-%m-%dT%H:%MZ} on has begun: ask for hours to come"
        )
    if last - now > REACH:
        raise RangeError(
            f"the hour from {last:%Y-%m-%dT%H:%MZ} on is too far ahead: ask within "
            f"{REACH.days} days"
        )
