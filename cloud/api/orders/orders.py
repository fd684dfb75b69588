"""`/api/orders`: place orders, read them, and act on their lines.

An order belongs to an account. For a caller who does not see that account it does not exist: the
answer is the same as for an unknown id.
"""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from sqlalchemy import Connection

from cloud.api.orders.descriptions import read_order_detail, read_overviews
from cloud.api.orders.models import (
    ID,
    LINE_ID,
    ActionRequest,
    CreativesRequest,
    DiscountRequest,
    NewLinesRequest,
    NewOrderRequest,
    OrderDetail,
    OrdersResponse,
)
from cloud.api.orders.order_change import actor_of, change_orders
from cloud.app.context import AppContext
from cloud.app.etag import NOT_MODIFIED
from cloud.app.idempotency.idempotent_request import (
    MUTATION_REFUSALS,
    Idempotent,
    IdempotentRequest,
)
from cloud.app.idempotency.key_store import Reply
from cloud.app.idempotency.request_transactions import answer_read
from cloud.app.listed_accounts import ListedAccounts
from cloud.app.orders.line_creatives import require_usable_creatives
from cloud.app.orders.make_good_lines import add_make_good_lines
from cloud.app.orders.open_work import open_work
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import Caller, allow_roles, receive_caller
from cloud.auth.keys import Role
from cloud.booking.orders import lifecycle
from cloud.booking.orders.approvals import approve_order, decline_order, give_discount
from cloud.booking.orders.assignments import assign_creatives
from cloud.booking.orders.order_rows import list_orders as read_orders
from cloud.booking.orders.order_work import OrderWork
from cloud.booking.orders.placing import (
    NewOrder,
    OrderRefused,
    add_held_lines,
    add_lines,
    place_order,
    remove_line,
)
from cloud.booking.quote_locks import read_quote
from cloud.booking.transitions import LineAction

ORDER_ROLES: Final = (Role.SALES, Role.FINANCE, Role.ADVERTISER, Role.AGENCY)
CHANGE_REFUSALS: Final = (*REFUSALS, 404, *MUTATION_REFUSALS, 500, 503)
CHANGE: Final[dict[str, Any]] = {
    "response_model": OrderDetail,
    "responses": problem_responses(*CHANGE_REFUSALS),
}
"""What the routes that change an order have in common: they answer with it."""
MAX_PAGE: Final = 100

router = APIRouter(tags=["orders"], dependencies=[allow_roles(*ORDER_ROLES)])
Asker = Annotated[Caller, Depends(receive_caller)]
OrderId = Annotated[str, Path(examples=[ID], max_length=64)]
LineId = Annotated[str, Path(examples=[LINE_ID], max_length=64)]


@router.post(
    "/api/orders",
    status_code=201,
    **CHANGE,
)
async def create_order(
    request: Request, asked: NewOrderRequest, who: Asker, idempotent: Idempotent
) -> Response:
    """Place an order without lines; `Location` has its address."""
    fields = asked.model_dump() | {"account": asked.account or who.account}

    def step(work: OrderWork) -> Reply:
        return _reply(work, place_order(work, NewOrder(**fields)).id, 201)

    return await change_orders(request, idempotent, step)


@router.get(
    "/api/orders",
    response_model=OrdersResponse,
    responses={304: NOT_MODIFIED, **problem_responses(*REFUSALS, 422, 500, 503)},
)
async def list_orders(
    request: Request,
    accounts: ListedAccounts,
    offset: Annotated[int, Query(ge=0, le=10**6)] = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20,
) -> Response:
    """List the orders of the caller's accounts, the latest first; staff see all."""
    context: AppContext = get_context(request)
    actor = actor_of(request)

    def read(connection: Connection) -> bytes:
        page = read_orders(connection, accounts, offset=offset, count=limit)
        found = read_overviews(open_work(context, connection, actor), page.orders)
        return OrdersResponse(orders=found, total=page.total).model_dump_json().encode()

    return await answer_read(request, read)


@router.get(
    "/api/orders/{order}",
    response_model=OrderDetail,
    responses={304: NOT_MODIFIED, **problem_responses(*REFUSALS, 404, 422, 500, 503)},
)
async def get_order(request: Request, order: OrderId, who: Asker) -> Response:
    """Return an order with its lines and what it costs."""
    context: AppContext = get_context(request)
    actor = actor_of(request)

    def read(connection: Connection) -> bytes:
        return _encode_order(open_work(context, connection, actor), order)

    return await answer_read(request, read)


@router.post(
    "/api/orders/{order}/lines",
    status_code=201,
    **CHANGE,
)
async def add_order_lines(
    request: Request, order: OrderId, asked: NewLinesRequest, who: Asker, idempotent: Idempotent
) -> Response:
    """Add a line for each screen of a locked quote, or of a hold; prices come from the quote."""

    def step(work: OrderWork) -> None:
        creatives = tuple(sorted({*asked.creatives}))
        if (asked.quote is None) == (asked.hold is None):
            raise OrderRefused("send `quote` or `hold`, one of them")
        if asked.hold is not None:
            add_held_lines(work, order, asked.hold, creatives=creatives)
        else:
            account = work.lock_order(order).account
            quote = read_quote(work.connection, asked.quote or "", frozenset({account}))
            if asked.make_good_of is None:
                add_lines(work, order, quote, creatives=creatives)
            else:
                add_make_good_lines(
                    work, order, quote, creatives=creatives, make_good_of=asked.make_good_of
                )
        require_usable_creatives(work, order)

    return await _change(request, idempotent, order, step, 201)


@router.delete(
    "/api/orders/{order}/lines/{line}",
    **CHANGE,
)
async def remove_order_line(
    request: Request, order: OrderId, line: LineId, who: Asker, idempotent: Idempotent
) -> Response:
    """Remove a draft."""
    return await _change(request, idempotent, order, lambda work: remove_line(work, order, line))


@router.put(
    "/api/orders/{order}/lines/{line}/creatives",
    **CHANGE,
)
async def set_line_creatives(
    request: Request,
    order: OrderId,
    line: LineId,
    asked: CreativesRequest,
    who: Asker,
    idempotent: Idempotent,
) -> Response:
    """Set the creatives that a line shows."""

    def step(work: OrderWork) -> None:
        assign_creatives(work, order, line, asked.creatives)
        require_usable_creatives(work, order)

    return await _change(request, idempotent, order, step)


@router.put(
    "/api/orders/{order}/discount",
    **CHANGE,
)
async def set_discount(
    request: Request, order: OrderId, asked: DiscountRequest, who: Asker, idempotent: Idempotent
) -> Response:
    """Give a discount; above the limit of the caller's role it needs an approval. For staff."""
    return await _change(
        request,
        idempotent,
        order,
        lambda work: give_discount(work, order, asked.discount_bp, asked.reason),
    )


@router.post(
    "/api/orders/{order}/actions",
    **CHANGE,
)
async def act_on_order(
    request: Request, order: OrderId, asked: ActionRequest, who: Asker, idempotent: Idempotent
) -> Response:
    """Reserve, book, cancel, reset, pause or resume lines; staff approve or decline them."""
    return await _change(request, idempotent, order, lambda work: run_action(work, order, asked))


LINE_CHANGES: Final[dict[str, tuple[Any, LineAction]]] = {
    "reserve": (lifecycle.reserve_lines, LineAction.RESERVE),
    "book": (lifecycle.book_lines, LineAction.BOOK),
    "reset": (lifecycle.reset_lines, LineAction.RESET),
    "pause": (lifecycle.pause_lines, LineAction.PAUSE),
    "resume": (lifecycle.resume_lines, LineAction.RESUME),
}


def run_action(work: OrderWork, order_id: str, asked: ActionRequest) -> None:
    """Run an action on the named lines of an order, or on all whose state allows it."""
    reason = asked.reason or ""
    if asked.action == "approve":
        approve_order(work, order_id, asked.lines, reason=reason)
    elif asked.action == "decline":
        decline_order(work, order_id, reason, asked.lines)
    elif asked.action == "cancel":
        cancel = partial(_cancel, work, reason)
        lifecycle.apply_to_order(work, order_id, asked.lines, (LineAction.CANCEL,), cancel)
    else:
        change, action = LINE_CHANGES[asked.action]
        lifecycle.apply_to_order(work, order_id, asked.lines, (action,), partial(change, work))


def _cancel(work: OrderWork, reason: str, order: Any, lines: Any) -> Any:
    return lifecycle.cancel_lines(work, order, lines, reason)


async def _change(
    request: Request,
    idempotent: IdempotentRequest,
    order_id: str,
    change: Callable[[OrderWork], object],
    status: int = 200,
) -> Response:
    """Change an order, and answer with it as it is then."""

    def step(work: OrderWork) -> Reply:
        change(work)
        return _reply(work, order_id, status)

    return await change_orders(request, idempotent, step, order_id)


def _reply(work: OrderWork, order_id: str, status: int = 200) -> Reply:
    headers = {"location": f"/api/orders/{order_id}"} if status == 201 else {}
    return Reply(status, _encode_order(work, order_id), headers)


def _encode_order(work: OrderWork, order_id: str) -> bytes:
    return read_order_detail(work, order_id).model_dump_json().encode()
