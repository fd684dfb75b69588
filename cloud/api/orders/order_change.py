"""Run a change of orders for the caller of a request: once for its key, in one transaction."""

from collections.abc import Callable

from fastapi import Request, Response
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from cloud.api.booking.quotes import reprice
from cloud.app.context import AppContext
from cloud.app.idempotency.idempotent_request import IdempotentRequest
from cloud.app.idempotency.key_store import Reply
from cloud.app.orders.open_work import open_work
from cloud.app.rate_card_reload import get_context
from cloud.auth.access import get_caller
from cloud.booking.orders.due_changes import apply_due_changes_of
from cloud.booking.orders.order_rows import find_order
from cloud.booking.orders.order_work import Actor, OrderWork
from cloud.booking.quote_locks import QuoteExpiredError

Step = Callable[[OrderWork], Reply]


def actor_of(request: Request) -> Actor:
    """Who sends the request."""
    caller = get_caller(request)
    return Actor(caller.name[:120], caller.accounts, caller.roles)


async def change_orders(
    request: Request, idempotent: IdempotentRequest, step: Step, order_id: str | None = None
) -> Response:
    """Answer with what the step returns; with an order, what is due by now is applied first.

    An expired quote is answered with a new one at the present price.
    """
    return await change_prepared_orders(request, idempotent, lambda: step, order_id)


async def change_prepared_orders(
    request: Request,
    idempotent: IdempotentRequest,
    prepare: Callable[[], Step],
    order_id: str | None = None,
) -> Response:
    """The same for the step that `prepare` returns before the transaction begins."""
    context: AppContext = get_context(request)
    actor = actor_of(request)

    def prepare_change() -> Callable[[Connection], Reply]:
        step = prepare()

        def change(connection: Connection) -> Reply:
            work = open_work(context, connection, actor)
            if order_id is not None:
                find_order(connection, order_id, actor.accounts)
                apply_due_changes_of(work, order_id)
            return step(work)

        return change

    def run() -> Response:
        try:
            return idempotent.run_prepared(context, prepare_change)
        except QuoteExpiredError as error:
            raise reprice(context, error, get_caller(request)) from error

    response = await run_in_threadpool(run)
    context.booking_cache.clear()
    return response
