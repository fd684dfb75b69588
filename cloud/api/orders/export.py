"""`/api/orders.csv`: the lines of the caller's orders as a CSV file.

A file has whole orders, with 10,000 lines at most together. Where older orders are left out, its
last row says so and how to get them, and so does the header `x-next-offset`.
"""

from collections.abc import Iterator
from itertools import accumulate, chain
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from cloud.api.orders.descriptions import read_present_lines
from cloud.api.orders.order_change import actor_of
from cloud.api.orders.orders import ORDER_ROLES
from cloud.app.context import AppContext
from cloud.app.idempotency.request_transactions import read_database
from cloud.app.listed_accounts import ListedAccounts
from cloud.app.orders.open_work import open_work
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.app.server.csv_answer import CSV_CONTENT, MOST_ROWS, answer_csv
from cloud.auth.access import allow_roles
from cloud.booking.orders.order import BookedLine, Order
from cloud.booking.orders.order_rows import count_lines, list_orders
from cloud.booking.orders.order_work import OrderWork
from cloud.money import major

COLUMNS: Final = (
    "order", "name", "account", "advertiser", "purchase_order", "placed_at", "line", "status",
    "location", "starts_at", "ends_at", "positions", "hours", "cost", "cancellation", "currency",
)  # fmt: skip
EMPTY_LINE: Final = (None,) * 9
MOST_LINES: Final = 10_000
"""Lines of one file, unless its only order has more."""
MOST_OFFSET: Final = 10_000_000

router = APIRouter(tags=["orders"], dependencies=[allow_roles(*ORDER_ROLES)])


@router.get(
    "/api/orders.csv",
    response_class=Response,
    responses={**CSV_CONTENT, **problem_responses(*REFUSALS, 422, 500, 503)},
)
async def export_orders(
    request: Request,
    accounts: ListedAccounts,
    offset: Annotated[int, Query(ge=0, le=MOST_OFFSET, description="later orders to skip")] = 0,
) -> Response:
    """Export the latest orders, one row for each line; an order without lines has one row.

    A file has at most 1,000 orders and 10,000 lines. Where older orders are left out, its last row
    says so, and `x-next-offset` is the `offset` that continues.
    """
    context: AppContext = get_context(request)
    actor = actor_of(request)

    def read(connection: Connection) -> Response:
        work = open_work(context, connection, actor)
        page = list_orders(connection, accounts, offset=offset, count=MOST_ROWS)
        orders = _choose_orders(connection, page.orders)
        following = offset + len(orders)
        omitted = max(0, page.total - following) if orders else 0
        rows = chain(_list_rows(work, orders), _list_omitted(omitted, following))
        answer = answer_csv("orders", COLUMNS, rows)
        if omitted:
            answer.headers["x-next-offset"] = str(following)
        return answer

    return await read_database(request, read)


def _choose_orders(connection: Connection, orders: tuple[Order, ...]) -> tuple[Order, ...]:
    """The latest of the orders whose lines are few enough for one file."""
    counts = count_lines(connection, [order.id for order in orders])
    lines = accumulate(counts.get(order.id, 0) for order in orders)
    chosen = [order for order, sum_of in zip(orders, lines, strict=True) if sum_of <= MOST_LINES]
    return tuple(chosen) or orders[:1]


def _list_omitted(count: int, offset: int) -> Iterator[tuple[object, ...]]:
    if count:
        text = (
            f"older orders that are not in this file: {count}; GET /api/orders.csv?offset={offset}"
        )
        yield (None, text, *(None,) * (len(COLUMNS) - 2))


def _list_rows(work: OrderWork, orders: tuple[Order, ...]) -> Iterator[tuple[object, ...]]:
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
