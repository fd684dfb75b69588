"""OpenDirect's statistics of a line: what it has delivered so far, and what that is worth."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from cloud import database
from cloud.api.opendirect.answers import (
    PREFIX,
    READ_PROBLEMS,
    AccountId,
    OpenDirectRoute,
    answer,
    require_own_account,
)
from cloud.api.opendirect.orders import LINE, LineId, find_account_order
from cloud.api.orders.order_change import actor_of
from cloud.api.orders.orders import ORDER_ROLES, Asker, OrderId
from cloud.app.context import AppContext
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import allow_roles
from cloud.booking.order_line import HOUR_S, SOLD
from cloud.booking.orders.order import BookedLine
from cloud.booking.orders.order_rows import read_lines, unknown_order
from cloud.campaigns.delivery import LineDelivery, read_delivery
from cloud.money import major

router = APIRouter(
    prefix=PREFIX,
    tags=["opendirect"],
    route_class=OpenDirectRoute,
    dependencies=[allow_roles(*ORDER_ROLES), Depends(require_own_account)],
)


@router.get(LINE + "/stats", responses=READ_PROBLEMS)
async def get_line_stats(
    request: Request, account: AccountId, order: OrderId, line: LineId, who: Asker
) -> Response:
    """Return plays, impressions and spend of a line up to now."""
    context: AppContext = get_context(request)
    accounts = actor_of(request).accounts

    def read() -> dict[str, Any]:
        now = context.clock()
        with database.reading(context.engine) as connection:
            found = find_account_order(connection, accounts, account, order)
            return read_stats(connection, context, found.id, line, now)

    return answer(request, await run_in_threadpool(read))


def read_stats(
    connection: Connection, context: AppContext, order_id: str, line_id: str, now: datetime
) -> dict[str, Any]:
    """The statistics of a line of an order; raises UnknownOrderError."""
    lines = {line.line_id: line for line in read_lines(connection, [order_id])}
    if line_id not in lines:
        raise unknown_order(line_id)
    found = read_delivery(connection, [line_id], now, sites=context.sites)
    return {"stats": [describe_stats(lines[line_id], found.get(line_id), now)]}


def describe_stats(line: BookedLine, found: LineDelivery | None, now: datetime) -> dict[str, Any]:
    """Impressions are opportunities to see; null where nothing is known of them."""
    ended = [price for start_s, price in line.prices if start_s + HOUR_S <= now.timestamp()]
    spend = line.positions * sum(ended) if line.booking_status in SOLD else 0
    return {
        "reportdate": now,
        "frameid": line.location,
        "impressions": None if found is None else found.ots,
        "spend": major(spend, line.currency),
        "ext": {"plays": None if found is None else found.plays},
    }
