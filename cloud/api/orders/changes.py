"""`/api/orders/{order}/changes`: ask for a change of a booked line, and decide about it."""

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from cloud.api.orders.descriptions import describe_change
from cloud.api.orders.models import (
    ChangeDecision,
    ChangeResponse,
    ChangesResponse,
    NewChangeRequest,
)
from cloud.api.orders.order_change import actor_of, change_orders
from cloud.api.orders.orders import CHANGE_REFUSALS, ORDER_ROLES, Asker, OrderId
from cloud.app.etag import NOT_MODIFIED
from cloud.app.idempotency.idempotent_request import Idempotent
from cloud.app.idempotency.key_store import Reply
from cloud.app.idempotency.request_transactions import answer_read
from cloud.app.problem import REFUSALS, problem_responses
from cloud.auth.access import allow_roles
from cloud.booking.orders.change_requests import decide_change, request_change
from cloud.booking.orders.change_store import (
    ChangeStatus,
    LineChange,
    find_change,
    list_changes,
    unknown_change,
)
from cloud.booking.orders.order_rows import find_order
from cloud.booking.orders.order_work import OrderWork
from cloud.booking.quote_locks import read_quote

router = APIRouter(tags=["orders"], dependencies=[allow_roles(*ORDER_ROLES)])


@router.post(
    "/api/orders/{order}/changes",
    status_code=201,
    response_model=ChangeResponse,
    responses=problem_responses(*CHANGE_REFUSALS),
)
async def ask_for_change(
    request: Request, order: OrderId, asked: NewChangeRequest, who: Asker, idempotent: Idempotent
) -> Response:
    """Ask for a change of a booked line; it waits in ChangePending for the media owner."""

    def step(work: OrderWork) -> Reply:
        change = LineChange(
            starts_at=asked.starts_at, ends_at=asked.ends_at, positions=asked.positions
        )
        quote = None
        if asked.quote is not None:
            account = work.lock_order(order).account
            quote = read_quote(work.connection, asked.quote, frozenset({account}))
        found = request_change(work, order, asked.line, change, asked.reason, quote)
        return Reply(201, describe_change(found).model_dump_json().encode())

    return await change_orders(request, idempotent, step, order)


@router.get(
    "/api/orders/{order}/changes",
    response_model=ChangesResponse,
    responses={304: NOT_MODIFIED, **problem_responses(*REFUSALS, 404, 422, 500, 503)},
)
async def list_order_changes(request: Request, order: OrderId, who: Asker) -> Response:
    """List the change requests of an order."""
    accounts = actor_of(request).accounts

    def read(connection: Connection) -> bytes:
        found = list_changes(connection, find_order(connection, order, accounts).id)
        shown = [describe_change(one) for one in found]
        return ChangesResponse(changes=shown).model_dump_json().encode()

    return await answer_read(request, read)


@router.put(
    "/api/orders/{order}/changes/{change}",
    response_model=ChangeResponse,
    responses=problem_responses(*CHANGE_REFUSALS),
)
async def decide_about_change(
    request: Request,
    order: OrderId,
    change: OrderId,
    asked: ChangeDecision,
    who: Asker,
    idempotent: Idempotent,
) -> Response:
    """Approve or reject a change; for staff who did not ask for it."""

    def step(work: OrderWork) -> Reply:
        if find_change(work.connection, change).order_id != order:
            raise unknown_change(change)
        decided = decide_change(work, change, ChangeStatus(asked.status), asked.reason)
        return Reply(200, describe_change(decided).model_dump_json().encode())

    return await change_orders(request, idempotent, step, order)
