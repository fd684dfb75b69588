"""`/api/orders.csv`: the lines of all of the caller's orders as a CSV file.

They are read and sent in chunks of whole orders, with 10,000 lines at most together.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from cloud import database
from cloud.api.orders.descriptions import read_present_lines
from cloud.api.orders.order_change import actor_of
from cloud.api.orders.orders import ORDER_ROLES
from cloud.app.context import AppContext
from cloud.app.listed_accounts import ListedAccounts
from cloud.app.orders.open_work import open_work
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.app.server.csv_answer import CHUNK, CSV_CONTENT, stream_csv
from cloud.auth.access import allow_roles
from cloud.booking.orders.order import BookedLine, Order
from cloud.booking.orders.order_rows import count_lines, list_orders
from cloud.booking.orders.order_work import Actor, OrderWork
from cloud.money import major

COLUMNS: Final = (
    "order", "name", "account", "advertiser", "purchase_order", "placed_at", "line", "status",
    "location", "starts_at", "ends_at", "positions", "hours", "cost", "cancellation", "currency",
)  # fmt: skip
EMPTY_LINE: Final = (None,) * 9
MOST_LINES: Final = 10_000
"""Lines of one chunk, unless its only order has more."""

router = APIRouter(tags=["orders"], dependencies=[allow_roles(*ORDER_ROLES)])


@router.get(
    "/api/orders.csv",
    response_class=Response,
    responses={**CSV_CONTENT, **problem_responses(*REFUSALS, 422, 500, 503)},
)
async def export_orders(request: Request, accounts: ListedAccounts) -> Response:
    """Export all orders, the latest first: one row for each line, or for an order without lines."""
    context: AppContext = get_context(request)
    return await stream_csv("orders", COLUMNS, _read_chunks(context, actor_of(request), accounts))


def _read_chunks(
    context: AppContext, actor: Actor, accounts: frozenset[str] | None
) -> Iterator[list[tuple[object, ...]]]:
    """The rows of all orders; one that is placed meanwhile moves the others, and is left out."""
    exported: set[str] = set()
    offset, total = 0, 1
    while offset < total:
        with database.reading(context.engine) as connection:
            page = list_orders(connection, accounts, offset=offset, count=CHUNK)
            orders = _choose_orders(connection, page.orders)
            work = open_work(context, connection, actor)
            rows = list(_list_rows(work, [one for one in orders if one.id not in exported]))
        exported |= {one.id for one in orders}
        offset, total = offset + len(orders), page.total if orders else 0
        yield rows


def _choose_orders(connection: Connection, orders: tuple[Order, ...]) -> tuple[Order, ...]:
    """The latest of the orders whose lines are few enough for one chunk."""
    counts = count_lines(connection, [order.id for order in orders])
    lines = accumulate(counts.get(order.id, 0) for order in orders)
    chosen = [order for order, sum_of in zip(orders, lines, strict=True) if sum_of <= MOST_LINES]
    return tuple(chosen) or orders[:1]


def _list_rows(work: OrderWork, orders: Sequence[Order]) -> Iterator[tuple[object, ...]]:
    grouped = read_present_lines(work, orders)
    for order in orders:
        head = (order.id, order.name, order.account, order.advertiser, order.purchase_order,
                order.created_at)  # fmt: skip
        for line in grouped[order.id]:
            yield (*head, *_describe_line(line), order.currency)
        if not grouped[order.id]:
            yield (*head, *EMPTY_LINE, order.currency)


def _describe_line(line: BookedLine) -> tuple[object, ...]:
    return (
        line.line_id, line.booking_status.value, line.location, line.starts_at, line.ends_at,
        line.positions, len(line.slots), major(line.cost_minor, line.currency),
        major(line.cancellation_minor, line.currency),
    )  # fmt: skip
