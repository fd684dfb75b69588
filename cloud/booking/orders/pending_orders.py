"""Orders with lines that wait for a decision of the media owner, and pending change requests."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, case, func, select

from cloud.booking.order_line import BookingStatus
from cloud.booking.orders.change_store import ChangeRequest, list_pending_changes
from cloud.booking.orders.order import Order
from cloud.booking.orders.order_rows import find_order
from cloud.booking.orders.tables import booked_lines
from cloud.database import total

PENDING: Final = frozenset({BookingStatus.PENDING_RESERVATION, BookingStatus.PENDING_BOOKING})


@dataclass(frozen=True, slots=True)
class PendingOrder:
    """An order, and what all its lines that wait for a decision are together."""

    order: Order
    lines: int
    cost_minor: int
    bookings: int
    """Lines that wait for a booking; the others wait for a reservation."""
    since: datetime
    """When the first line began to wait."""


@dataclass(frozen=True, slots=True)
class PendingChange:
    """A change request and its order."""

    order: Order
    request: ChangeRequest


def list_pending_orders(connection: Connection, most: int) -> list[PendingOrder]:
    """The orders with waiting lines that wait longest. The sums are of all their waiting lines."""
    return [
        PendingOrder(find_order(connection, order_id, None), *sums)
        for order_id, *sums in connection.execute(_select_waiting().limit(most))
    ]


def list_changes_to_decide(connection: Connection, most: int) -> Sequence[PendingChange]:
    """Pending change requests with their orders, the oldest first."""
    return [
        PendingChange(find_order(connection, one.order_id, None), one)
        for one in list_pending_changes(connection, most)
    ]


def _select_waiting() -> Select[Any]:
    columns = booked_lines.c
    since = func.min(columns.changed_at)
    is_booking = case((columns.booking_status == BookingStatus.PENDING_BOOKING.value, 1), else_=0)
    return (
        select(columns.order_id, func.count(), total(columns.cost_minor), total(is_booking), since)
        .where(columns.booking_status.in_(sorted(PENDING)))
        .group_by(columns.order_id)
        .order_by(since, columns.order_id)
    )
