"""Open a transaction of orders: with the terms of the context, payments and approved creatives."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection

from cloud.app.context import AppContext
from cloud.billing.settlement import read_paid
from cloud.booking.orders.order import BookedLine
from cloud.booking.orders.order_work import Actor, OrderWork, find_with_creatives


def open_work(context: AppContext, connection: Connection, actor: Actor) -> OrderWork:
    """A transaction of orders for an actor."""
    return OrderWork(
        connection=connection,
        sites=context.sites,
        policy=context.booking_policy,
        actor=actor,
        now=context.clock(),
        read_paid=read_paid,
        find_ready=find_ready,
    )


def find_ready(connection: Connection, lines: Sequence[BookedLine]) -> Collection[str]:
    """The ids of lines whose creatives are approved."""
    return find_with_creatives(connection, lines)
