"""Assign creatives to a line: in any state before its flight ends, also while it is in flight."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from cloud.booking.order_line import BookingStatus
from cloud.booking.orders.order import BookedLine
from cloud.booking.orders.order_work import OrderWork
from cloud.booking.transitions import TransitionError
from cloud.booking.version_digest import ASSIGN_ACTION

ENDED: Final = frozenset(
    {
        BookingStatus.FINISHED, BookingStatus.STOPPED, BookingStatus.CANCELED,
        BookingStatus.EXPIRED, BookingStatus.DECLINED,
    }
)  # fmt: skip


def assign_creatives(
    work: OrderWork, order_id: str, line_id: str, creatives: Iterable[str]
) -> BookedLine:
    """Set the creatives of a line; raises TransitionError for one that has ended."""
    order = work.lock_order(order_id)
    (line,) = work.choose_lines(order, [line_id])
    if line.booking_status in ENDED:
        raise TransitionError(f"line {line_id} is in {line.booking_status}: it shows nothing more")
    assigned = replace(
        line, creatives=tuple(sorted({*creatives})), changed_by=work.actor.name,
        changed_at=work.now,
    )  # fmt: skip
    work.store_lines(order, [assigned], ASSIGN_ACTION, creatives=assigned.creatives)
    return assigned
