"""`/api/holds`: positions that an account has for a time, from a quote or for named slots.

A hold belongs to its account; for any other buyer it does not exist. Extending is limited in number
and in total, so no hold stays for ever. A hold that has ended stays readable.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Self

import msgspec
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from cloud.api.booking.quotes import Asker, reprice, require_valid_quote
from cloud.api.booking.selection import SelectionRequest, select_slots
from cloud.app.buyer import Buyer, BuyerOf
from cloud.app.context import AppContext
from cloud.app.etag import NOT_MODIFIED
from cloud.app.idempotency.idempotent_request import MUTATION_REFUSALS, Idempotent
from cloud.app.idempotency.key_store import Reply
from cloud.app.idempotency.request_transactions import answer_read
from cloud.app.listed_accounts import ListedAccounts
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import BUYER_ROLES, Caller, allow_roles
from cloud.booking.audit_log.hold_entries import EXTEND, PLACE, RELEASE, record_hold
from cloud.booking.holds import (
    BookingHold,
    BookingHoldState,
    HoldPolicy,
    HoldPosition,
    extend_hold,
    find_hold,
    find_holds,
    place_hold,
    release_hold,
)
from cloud.booking.quote_locks import QuoteExpiredError, new_id, use_quote
from cloud.booking.slots import MAX_SLOTS, DeliveryType, SlotDemand
from cloud.database import EPOCH, microseconds

MAX_PAGE: Final = 100
CURSOR: Final = r"^[0-9]{1,16}-[0-9a-f]{32}$"

router = APIRouter(tags=["booking"], dependencies=[allow_roles(*BUYER_ROLES)])
HoldId = Annotated[str, Path(examples=["3f2a9c1e5b7d4806a1c2e3f405162738"], max_length=64)]


class HoldRequest(BaseModel):
    """Either a quote, or slots without a locked price."""

    model_config = ConfigDict(extra="forbid")

    quote: str | None = Field(
        default=None, max_length=64, examples=["3f2a9c1e5b7d4806a1c2e3f405162738"]
    )
    selection: SelectionRequest | None = None

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        if (self.quote is None) == (self.selection is None):
            raise ValueError("give either a `quote` or a `selection`")
        return self


class HeldSlot(BaseModel):
    """Positions of one slot."""

    location: str = Field(examples=["KX-01"])
    starts_at: datetime = Field(examples=["2030-01-07T08:00:00Z"])
    positions: int


class HoldSummary(BaseModel):
    """A hold without its slots."""

    id: str = Field(examples=["3f2a9c1e5b7d4806a1c2e3f405162738"])
    account: str = Field(examples=["acme"])
    state: BookingHoldState
    created_at: datetime
    expires_at: datetime = Field(description="the positions are given back then")
    latest_at: datetime = Field(description="no extension goes beyond this moment")
    extensions: int = Field(description="that were made")
    ended_at: datetime | None = Field(description="null: it has not ended")
    quote: str | None = Field(description="null: the positions have no locked price")
    delivery: DeliveryType
    slot_count: int


class HoldResponse(HoldSummary):
    """A hold."""

    at: datetime = Field(description="the server's time of this answer: `expires_at` is by it")
    slots: list[HeldSlot]


class HoldsResponse(BaseModel):
    """One page, the latest first."""

    holds: list[HoldSummary]
    next: str | None = Field(description="`after` of the next page; null on the last")


@router.post(
    "/api/holds",
    status_code=201,
    response_model=HoldResponse,
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503),
)
async def create_hold(
    request: Request, asked: HoldRequest, who: Asker, buyer: BuyerOf, idempotent: Idempotent
) -> Response:
    """Hold the positions of a quote or of some slots: all of them, or none (409)."""
    context: AppContext = get_context(request)

    def place(connection: Connection) -> Reply:
        hold = _new_hold(context, connection, asked, who, buyer)
        place_hold(connection, context.sites, hold, policy=context.booking_policy.hold_policy)
        record_hold(connection, hold, PLACE, who.name, hold.created_at)
        return Reply(201, describe_hold(hold, hold.created_at), {"location": _address(hold)})

    def run() -> Response:
        try:
            return idempotent.run(context, place)
        except QuoteExpiredError as error:
            raise reprice(context, error, who) from error

    response = await run_in_threadpool(run)
    context.booking_cache.clear()
    return response


@router.get(
    "/api/holds",
    response_model=HoldsResponse,
    responses={304: NOT_MODIFIED, **problem_responses(*REFUSALS, 422, 500, 503)},
)
async def list_holds(
    request: Request,
    accounts: ListedAccounts,
    is_open: Annotated[
        bool, Query(alias="open", description="only holds that have not ended")
    ] = False,
    after: Annotated[str | None, Query(pattern=CURSOR, description="`next` of a page")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20,
) -> Response:
    """List the holds of the caller, also those that have ended; staff see all."""
    context: AppContext = get_context(request)

    def read(connection: Connection) -> bytes:
        position = None if after is None else _position(after)
        now = context.clock()
        found = find_holds(
            connection, accounts, after=position, most=limit + 1,
            open_at=now if is_open else None,
        )  # fmt: skip
        shown = found[:limit]
        page = {
            "holds": [_summarize(one, now) for one in shown],
            "next": _cursor(shown[-1]) if len(found) > limit else None,
        }
        return msgspec.json.encode(page)

    return await answer_read(request, read)


@router.get(
    "/api/holds/{hold}",
    response_model=HoldResponse,
    responses={304: NOT_MODIFIED, **problem_responses(*REFUSALS, 404, 422, 500, 503)},
)
async def get_hold(request: Request, hold: HoldId, who: Asker) -> Response:
    """Read a hold, also one that has ended."""
    context: AppContext = get_context(request)

    def read(connection: Connection) -> bytes:
        return describe_hold(find_hold(connection, hold, who.accounts), context.clock())

    return await answer_read(request, read)


@router.post(
    "/api/holds/{hold}/extend",
    response_model=HoldResponse,
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503),
)
async def extend(request: Request, hold: HoldId, who: Asker, idempotent: Idempotent) -> Response:
    """Let a hold end later; refused (409) where it would not, and beyond the limits."""
    context: AppContext = get_context(request)

    def change(connection: Connection) -> Reply:
        now = context.clock()
        policy = context.booking_policy.hold_policy
        found = extend_hold(connection, hold, who.accounts, now=now, policy=policy)
        record_hold(connection, found, EXTEND, who.name, now)
        return Reply(200, describe_hold(found, now), {})

    return await run_in_threadpool(idempotent.run, context, change)


@router.delete(
    "/api/holds/{hold}",
    response_model=HoldResponse,
    responses=problem_responses(*REFUSALS, *MUTATION_REFUSALS, 404, 500, 503),
)
async def delete_hold(
    request: Request, hold: HoldId, who: Asker, idempotent: Idempotent
) -> Response:
    """Give the positions of a hold back; a hold that has ended stays as it is."""
    context: AppContext = get_context(request)

    def change(connection: Connection) -> Reply:
        now = context.clock()
        was_held = find_hold(connection, hold, who.accounts).state_at(now) is BookingHoldState.HELD
        found = release_hold(connection, hold, who.accounts, now)
        if was_held:
            record_hold(connection, found, RELEASE, who.name, now)
        return Reply(200, describe_hold(found, now), {})

    response = await run_in_threadpool(idempotent.run, context, change)
    context.booking_cache.clear()
    return response


def _new_hold(
    context: AppContext, connection: Connection, asked: HoldRequest, who: Caller, buyer: Buyer
) -> BookingHold:
    now, policy = context.clock(), context.booking_policy.hold_policy
    if asked.quote is not None:
        locked = require_valid_quote(context, connection, asked.quote, who)
        hold = build_hold(
            locked.account, who.name, locked.demand, locked.delivery, locked.id, now, policy
        )
        use_quote(connection, locked, hold.id, now)
        return hold
    assert asked.selection is not None
    account = who.account if buyer.account is None else buyer.account
    chosen = select_slots(connection, context.sites, asked.selection, most=MAX_SLOTS)
    return build_hold(account, who.name, chosen.demand, chosen.delivery, None, now, policy)


def build_hold(
    account: str,
    by: str,
    slots: list[SlotDemand],
    delivery: DeliveryType,
    quote: str | None,
    now: datetime,
    policy: HoldPolicy,
) -> BookingHold:
    """A new hold of an account, for the period of the policy."""
    return BookingHold(
        id=new_id(),
        account=account,
        created_by=by[:120],
        created_at=now,
        expires_at=now + policy.period,
        latest_at=now + policy.longest,
        extensions=0,
        state=BookingHoldState.HELD,
        ended_at=None,
        quote=quote,
        delivery=delivery,
        slots=tuple(slots),
    )


def describe_hold(hold: BookingHold, now: datetime) -> bytes:
    """As `HoldResponse`."""
    slots = [
        {
            "location": one.location,
            "starts_at": EPOCH + timedelta(seconds=one.starts_at_s),
            "positions": one.positions,
        }
        for one in hold.slots
    ]
    return msgspec.json.encode({**_summarize(hold, now), "at": now, "slots": slots})


def _summarize(hold: BookingHold, now: datetime) -> dict[str, Any]:
    state = hold.state_at(now)
    is_over = state is BookingHoldState.EXPIRED
    return {
        "id": hold.id,
        "account": hold.account,
        "state": state,
        "created_at": hold.created_at,
        "expires_at": hold.expires_at,
        "latest_at": hold.latest_at,
        "extensions": hold.extensions,
        "ended_at": hold.expires_at if is_over else hold.ended_at,
        "quote": hold.quote,
        "delivery": hold.delivery,
        "slot_count": len(hold.slots),
    }


def _address(hold: BookingHold) -> str:
    return f"/api/holds/{hold.id}"


def _cursor(hold: BookingHold) -> str:
    return f"{microseconds(hold.created_at)}-{hold.id}"


def _position(written: str) -> HoldPosition:
    at_us, _, name = written.partition("-")
    return HoldPosition(EPOCH + timedelta(microseconds=int(at_us)), name)
