"""OpenDirect's change requests and assignments of creatives."""

from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import Connection

from cloud import database
from cloud.api.booking.quotes import lock_quote
from cloud.api.opendirect.answers import (
    CHANGE_PROBLEMS,
    PREFIX,
    READ_PROBLEMS,
    AccountId,
    Count,
    Offset,
    OpenDirectRoute,
    answer,
    answer_page,
    encode,
    require_own_account,
    take_page,
)
from cloud.api.opendirect.orders import find_account_order, list_orders_of
from cloud.api.orders.models import CREATIVE_NAME, ID, LINE_ID
from cloud.api.orders.order_change import Step, change_orders, change_prepared_orders
from cloud.api.orders.orders import ORDER_ROLES, Asker
from cloud.app.buyer import Buyer
from cloud.app.context import AppContext
from cloud.app.idempotency.idempotent_request import Idempotent
from cloud.app.idempotency.key_store import Reply
from cloud.app.idempotency.request_transactions import read_database
from cloud.app.orders.line_creatives import require_usable_creatives
from cloud.app.rate_card_reload import get_context
from cloud.app.slot_quotes import compute_quote
from cloud.auth.access import Caller, allow_roles
from cloud.booking.opendirect.resources import (
    assignment_id,
    describe_assignments,
    describe_change,
)
from cloud.booking.orders.assignments import assign_creatives
from cloud.booking.orders.change_requests import decide_change, list_added, request_change
from cloud.booking.orders.change_store import (
    ChangeRequest,
    ChangeStatus,
    LineChange,
    find_change,
    list_changes,
    unknown_change,
)
from cloud.booking.orders.order import BookedLine
from cloud.booking.orders.order_rows import (
    read_lines,
    read_lines_by_id,
    unknown_order,
)
from cloud.booking.orders.order_work import OrderWork
from cloud.booking.orders.placing import OrderRefused
from cloud.booking.quote_locks import LockedQuote
from cloud.database import EPOCH

MAX_ORDERS: Final = 10_000

router = APIRouter(
    prefix=PREFIX,
    tags=["opendirect"],
    route_class=OpenDirectRoute,
    dependencies=[allow_roles(*ORDER_ROLES), Depends(require_own_account)],
)
ChangeId = Annotated[str, Path(examples=[ID], max_length=64)]
AssignmentId = Annotated[str, Path(examples=[ID], max_length=64)]


class ChangeExtension(BaseModel):
    """What is to change; what is null stays as it is."""

    startdate: AwareDatetime | None = None
    enddate: AwareDatetime | None = None
    positions: int | None = Field(default=None, ge=1, le=3600)


class OpenDirectChange(BaseModel):
    """A change request."""

    orderid: str = Field(max_length=64, examples=[ID])
    lineid: str = Field(max_length=64, examples=[LINE_ID])
    comments: str = Field(min_length=3, max_length=200, examples=["the launch is later"])
    ext: ChangeExtension = ChangeExtension()


class OpenDirectAssignment(BaseModel):
    """A creative for a line; the placement of a line has the id of the line."""

    creativeid: str = Field(pattern=CREATIVE_NAME, examples=["spring-sale"])
    placementid: str = Field(max_length=64, examples=[LINE_ID])


@router.get("/accounts/{account}/changerequest", responses=READ_PROBLEMS)
async def list_account_changes(
    request: Request, account: AccountId, who: Asker, offset: Offset = 0, count: Count = 25
) -> Response:
    """List the change requests of an account."""

    def read(connection: Connection) -> list[dict[str, Any]]:
        orders = list_orders_of(connection, who, account, offset=0, count=MAX_ORDERS).orders
        every = [one for order in orders for one in list_changes(connection, order.id)]
        return [describe_change(one, account) for one in every]

    found = await read_database(request, read)
    page = take_page(found, offset, count)
    return answer_page(request, "changerequests", page, len(found))


@router.post("/accounts/{account}/changerequest", responses=CHANGE_PROBLEMS)
async def create_change(
    request: Request,
    account: AccountId,
    asked: OpenDirectChange,
    who: Asker,
    idempotent: Idempotent,
) -> Response:
    """Ask for a change of a booked line; positions that it adds have their present price."""
    context: AppContext = get_context(request)
    ext = asked.ext
    change = LineChange(starts_at=ext.startdate, ends_at=ext.enddate, positions=ext.positions)

    def prepare() -> Step:
        with database.reading(context.engine) as connection:
            find_account_order(connection, who.accounts, account, asked.orderid)
            lines = read_lines(connection, [asked.orderid])
        found = [line for line in lines if line.line_id == asked.lineid]
        quote = _price_added(context, found[0], change, account, who) if found else None

        def step(work: OrderWork) -> Reply:
            if quote is not None:
                lock_quote(work.connection, quote, who)
            stored = request_change(
                work, asked.orderid, asked.lineid, change, asked.comments, quote
            )
            return Reply(200, encode(describe_change(stored, account)))

        return step

    return await change_prepared_orders(request, idempotent, prepare, asked.orderid)


@router.get("/accounts/{account}/changesrequests/{change}", responses=READ_PROBLEMS)
async def get_change(
    request: Request, account: AccountId, change: ChangeId, who: Asker
) -> Response:
    """Return one change request."""
    found = await read_database(request, lambda connection: _find(connection, who, account, change))
    return answer(request, describe_change(found, account))


@router.put("/accounts/{account}/changesrequests/{change}/approve", responses=CHANGE_PROBLEMS)
async def approve_change(
    request: Request, account: AccountId, change: ChangeId, who: Asker, idempotent: Idempotent
) -> Response:
    """Approve a change; for staff who did not ask for it."""
    return await _decide(request, account, change, who, idempotent, ChangeStatus.APPROVED)


@router.put("/accounts/{account}/changesrequests/{change}/reject", responses=CHANGE_PROBLEMS)
async def reject_change(
    request: Request, account: AccountId, change: ChangeId, who: Asker, idempotent: Idempotent
) -> Response:
    """Reject a change; for staff who did not ask for it."""
    return await _decide(request, account, change, who, idempotent, ChangeStatus.REJECTED)


@router.get("/accounts/{account}/assignments", responses=READ_PROBLEMS)
async def list_assignments(
    request: Request, account: AccountId, who: Asker, offset: Offset = 0, count: Count = 25
) -> Response:
    """List the creatives of the account's lines."""
    lines = await read_database(request, lambda connection: _read_lines(connection, who, account))
    found = [one for line in lines for one in describe_assignments(line)]
    return answer_page(request, "assignments", take_page(found, offset, count), len(found))


@router.post("/accounts/{account}/assignments", responses=CHANGE_PROBLEMS)
async def create_assignment(
    request: Request,
    account: AccountId,
    asked: OpenDirectAssignment,
    who: Asker,
    idempotent: Idempotent,
) -> Response:
    """Assign a creative to a line, beside those that it has."""

    def step(work: OrderWork) -> Reply:
        named = _require_line(work.connection, who, account, asked.placementid)
        line = _lock_line(work, named)
        creatives = {*line.creatives, asked.creativeid}
        changed = assign_creatives(work, line.order_id, line.line_id, creatives)
        require_usable_creatives(work, line.order_id)
        name = assignment_id(line.line_id, asked.creativeid)
        found = next(one for one in describe_assignments(changed) if one["id"] == name)
        return Reply(200, encode(found))

    return await change_orders(request, idempotent, step)


@router.delete("/accounts/{account}/assignments/{assignment}", responses=CHANGE_PROBLEMS)
async def delete_assignment(
    request: Request,
    account: AccountId,
    assignment: AssignmentId,
    who: Asker,
    idempotent: Idempotent,
) -> Response:
    """Take a creative from a line."""

    def step(work: OrderWork) -> Reply:
        for line in _read_lines(work.connection, who, account):
            for creative in line.creatives:
                if assignment_id(line.line_id, creative) == assignment:
                    left = {*_lock_line(work, line).creatives} - {creative}
                    assign_creatives(work, line.order_id, line.line_id, left)
                    return Reply(200, b"{}")
        raise unknown_order(assignment)

    return await change_orders(request, idempotent, step)


def _price_added(
    context: AppContext, line: BookedLine, change: LineChange, account: str, who: Caller
) -> LockedQuote | None:
    """The present price of the positions that a change adds; it is not stored."""
    added = list_added(line, change)
    if not added:
        return None
    starts_at = EPOCH + timedelta(seconds=added[0].starts_at_s)
    if starts_at <= context.clock():
        raise OrderRefused(f"the hour from {starts_at:%Y-%m-%dT%H:%MZ} on has begun")
    buyer = Buyer(account, is_staff=False)
    return compute_quote(context, added, line.delivery, buyer, account=account, by=who.name)


def _lock_line(work: OrderWork, line: BookedLine) -> BookedLine:
    """The line as it is once no other transaction can change its order."""
    order = work.lock_order(line.order_id)
    (locked,) = work.choose_lines(order, [line.line_id])
    return locked


async def _decide(
    request: Request,
    account: str,
    change: str,
    who: Caller,
    idempotent: Any,
    status: ChangeStatus,
) -> Response:
    def step(work: OrderWork) -> Reply:
        _find(work.connection, who, account, change)
        decided = decide_change(work, change, status, f"{status.lower()} through OpenDirect")
        return Reply(200, encode(describe_change(decided, account)))

    return await change_orders(request, idempotent, step)


def _find(connection: Connection, who: Caller, account: str, change: str) -> ChangeRequest:
    found = find_change(connection, change)
    try:
        find_account_order(connection, who.accounts, account, found.order_id)
    except LookupError:
        raise unknown_change(change) from None
    return found


def _read_lines(connection: Connection, who: Caller, account: str) -> tuple[BookedLine, ...]:
    page = list_orders_of(connection, who, account, offset=0, count=MAX_ORDERS)
    return read_lines(connection, [order.id for order in page.orders])


def _require_line(connection: Connection, who: Caller, account: str, line_id: str) -> BookedLine:
    found = read_lines_by_id(connection, [line_id])
    if not found:
        raise unknown_order(line_id)
    try:
        find_account_order(connection, who.accounts, account, found[0].order_id)
    except LookupError:
        raise unknown_order(line_id) from None
    return found[0]
