"""What the cancellation of a line costs: computed for a cancellation, and before one.

`cancel_line` is the one rule for both. It changes nothing in the database.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from cloud.booking.order_line import BookingStatus
from cloud.booking.orders.credit import due_of
from cloud.booking.orders.order import BookedLine, flight_of
from cloud.booking.orders.order_work import OrderWork
from cloud.booking.orders.policy import InFlightDue
from cloud.booking.sale_limits import first_open_s
from cloud.booking.slots import HOUR_S
from cloud.booking.transitions import LineAction

STOPPABLE: Final = frozenset(
    {BookingStatus.IN_FLIGHT, BookingStatus.PAUSED, BookingStatus.CHANGE_PENDING}
)
"""States of lines that keep the hours that have begun; of the others nothing is due by the hour."""
PREVIEW_REASON: Final = "preview"


@dataclass(frozen=True, slots=True)
class CancellationCost:
    """What is due for a line before and after its cancellation, in minor units."""

    line_id: str
    due_before_minor: int
    due_after_minor: int


def preview_cancellation(
    work: OrderWork, lines: Sequence[BookedLine]
) -> tuple[CancellationCost, ...]:
    """What cancelling the lines now would cost; raises TransitionError as the cancellation does."""
    return tuple(
        CancellationCost(
            line.line_id, due_of(line), due_of(cancel_line(work, line, PREVIEW_REASON))
        )
        for line in lines
    )


def cancel_line(work: OrderWork, line: BookedLine, reason: str) -> BookedLine:
    """The line as its cancellation leaves it, with what the policy demands for released hours."""
    held = work.move(line, LineAction.CANCEL, reason=reason)
    if line.booking_status not in STOPPABLE:
        is_booked = line.booking_status is BookingStatus.BOOKED
        cost = line.cost_minor if is_booked else 0
        due = work.policy.compute_due(cost, line.starts_at, work.now)
        return replace(held, cancellation_minor=held.cancellation_minor + due)
    stopped = replace(keep_delivered(line, work.now), **_state_of(held))
    rest = line.cost_minor - stopped.cost_minor
    due = rest if work.policy.in_flight is InFlightDue.EVERYTHING else 0
    return replace(stopped, cancellation_minor=stopped.cancellation_minor + due)


def keep_delivered(line: BookedLine, now: datetime) -> BookedLine:
    """A line that will be stopped, with the slots that have begun; others as they are."""
    if line.booking_status not in STOPPABLE:
        return line
    slots = tuple(one for one in line.slots if one.starts_at_s < first_open_s(now))
    ends_at = flight_of(slots)[1] if slots else line.starts_at + timedelta(seconds=HOUR_S)
    return replace(line, slots=slots, ends_at=ends_at)


def _state_of(line: BookedLine) -> dict[str, Any]:
    """What a change of state sets."""
    names = ("booking_status", "reason", "expires_at", "changed_by", "changed_at")
    return {name: getattr(line, name) for name in names}
