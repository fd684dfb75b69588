"""`/api/orders.csv`: the lines of the caller's orders as a CSV file."""

from collections.abc import Iterator
from typing import Final

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from cloud.api.orders.descriptions import read_present_lines
from cloud.api.orders.order_change import actor_of
from cloud.api.orders.orders import ORDER_ROLES, Asker
from cloud.app.context import AppContext
from cloud.app.idempotency.request_transactions import read_database
from cloud.app.orders.open_work import open_work
from cloud.app.problem import REFUSALS, problem_responses
from cloud.app.rate_card_reload import get_context
from cloud.app.server.csv_answer import CSV_CONTENT, MOST_ROWS, answer_csv
from cloud.auth.access import allow_roles
from cloud.booking.orders.order import BookedLine, Order
from cloud.booking.orders.order_rows import list_orders
from cloud.booking.orders.order_work import OrderWork
from cloud.money import major

COLUMNS: Final = (
    "order", "name", "account", "advertiser", "purchase_order", "placed_at", "line", "status",
    "location", "starts_at", "ends_at", "positions", "hours", "cost", "cancellation", "currency",
)  # fmt: skip
EMPTY_LINE: Final = (None,) * 9

router = APIRouter(tags=["orders"], dependencies=[allow_roles(*ORDER_ROLES)])


@router.get(
    "/api/orders.csv",
    response_class=Response,
    responses={**CSV_CONTENT, **problem_responses(*REFUSALS, 422, 500, 503)},
)
async def export_orders(request: Request, who: Asker) -> Response:
    """Export the latest 1,000 orders, one row for each line; an order without lines has one row."""
    context: AppContext = get_context(request)
    actor = actor_of(request)

    def read(connection: Connection) -> Response:
        work = open_work(context, connection, actor)
        page = list_orders(connection, actor.accounts, offset=0, count=MOST_ROWS)
        return answer_csv("orders", COLUMNS, _list_rows(work, page.orders))

    return await read_database(request, read)


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
