"""Apply what follows from the clock to orders, every few seconds; delete old rows.

Several processes may sweep: each order is locked while it changes, and a change that was applied is
not due any more.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from cloud import database
from cloud.app.context import AppContext
from cloud.app.idempotency.key_store import delete_expired_keys
from cloud.app.orders.open_work import open_work
from cloud.billing.payments.event_store import delete_old_events
from cloud.booking.orders.due_changes import apply_due_changes_of
from cloud.booking.orders.order_rows import find_due_orders
from cloud.booking.orders.order_work import SYSTEM
from cloud.booking.transactions import run_booking

log = logging.getLogger(__name__)
SWEEP_EVERY_S: Final = 5.0


class OrderSweeper:
    """Applies due changes until it is stopped."""

    def __init__(self, context: Callable[[], AppContext]) -> None:
        self._context = context
        self._stop = threading.Event()
        self._is_database_lost = False

    def follow(self) -> None:
        """Sweep until `stop` is called."""
        while not self._stop.wait(SWEEP_EVERY_S):
            try:
                self.step()
            except SQLAlchemyError as error:
                if not self._is_database_lost:
                    log.warning("orders.database_lost", extra={"error": type(error).__name__})
                self._is_database_lost = True
            else:
                self._is_database_lost = False

    def stop(self) -> None:
        """Start no other sweep."""
        self._stop.set()

    def step(self) -> int:
        """Apply what is due, each order in a transaction of its own; returns how many lines."""
        context = self._context()
        now = context.clock()
        due = _iterate_due(context, now)
        count = sum(self._sweep(context, order_id) for order_id in due)
        with database.writing(context.engine) as connection:
            delete_expired_keys(connection, now)
            delete_old_events(connection, now)
        if count:
            log.info("orders.swept", extra={"lines": count})
        return count

    def _sweep(self, context: AppContext, order_id: str) -> int:
        def apply(connection: Connection) -> int:
            return apply_due_changes_of(open_work(context, connection, SYSTEM), order_id)

        return 0 if self._stop.is_set() else run_booking(context.engine, apply)


def _iterate_due(context: AppContext, now: datetime) -> Iterator[str]:
    """Every order with a due line, page by page: one that waits for its creatives stays due."""
    last = ""
    while True:
        with database.reading(context.engine) as connection:
            due = find_due_orders(connection, now, after=last)
        if not due:
            return
        yield from due
        last = due[-1]
