"""Orders with lines that wait for a decision of the media owner, and pending change requests."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from cloud.booking.order_line import BookingStatus
from cloud.booking.orders.change_store import ChangeRequest, list_pending_changes
from cloud.booking.orders.order import BookedLine, Order
from cloud.booking.orders.order_rows import find_order, read_lines_by_id
from cloud.booking.orders.tables import booked_lines

PENDING: Final = frozenset({BookingStatus.PENDING_RESERVATION, BookingStatus.PENDING_BOOKING})


@dataclass(frozen=True, slots=True)
class PendingOrder:
    """An order and those of its lines that wait for a decision."""

    order: Order
    lines: tuple[BookedLine, ...]

    @property
    def cost_minor(self) -> int:
        """The price of the waiting lines."""
        return sum(line.cost_minor for line in self.lines)

    @property
    def since(self) -> datetime:
        """When the first of them began to wait."""
        return min(line.changed_at for line in self.lines)


@dataclass(frozen=True, slots=True)
class PendingChange:
    """A change request and its order."""

    order: Order
    request: ChangeRequest


def list_pending_orders(connection: Connection, most: int) -> list[PendingOrder]:
    """Orders with waiting lines, those of the `most` lines that wait longest."""
    columns = booked_lines.c
    wanted = select(columns.line_id).where(columns.booking_status.in_(sorted(PENDING)))
    oldest = wanted.order_by(columns.changed_at, columns.line_id).limit(most)
    by_order: dict[str, list[BookedLine]] = defaultdict(list)
    for line in read_lines_by_id(connection, connection.execute(oldest).scalars()):
        by_order[line.order_id].append(line)
    found = [
        PendingOrder(find_order(connection, name, None), tuple(lines))
        for name, lines in by_order.items()
    ]
    return sorted(found, key=lambda one: one.since)


def list_changes_to_decide(connection: Connection, most: int) -> Sequence[PendingChange]:
    """Pending change requests with their orders, the oldest first."""
    return [
        PendingChange(find_order(connection, one.order_id, None), one)
        for one in list_pending_changes(connection, most)
    ]
