"""Open a transaction of orders: with the terms of the context, payments and approved creatives."""

from sqlalchemy import Connection

from cloud.app.context import AppContext
from cloud.app.orders.line_creatives import ready_finder
from cloud.billing.settlement import read_paid
from cloud.booking.orders.order_work import Actor, OrderWork


def open_work(context: AppContext, connection: Connection, actor: Actor) -> OrderWork:
    """A transaction of orders for an actor."""
    return OrderWork(
        connection=connection,
        sites=context.sites,
        policy=context.booking_policy,
        actor=actor,
        now=context.clock(),
        read_paid=read_paid,
        find_ready=ready_finder(context.sites),
    )
