"""Changes of state that follow from the clock: a function of `now`, run again without effect.

Reservations expire; booked lines are in flight from their start, once their creatives are approved;
lines finish with their flight. A sweeper runs it, and every change of an order runs it for that
order first.
"""

from collections import defaultdict
from dataclasses import replace

from cloud.booking.capacity import release
from cloud.booking.order_line import BookingStatus
from cloud.booking.orders.change_store import reject_pending
from cloud.booking.orders.order import BookedLine
from cloud.booking.orders.order_rows import find_due_orders, find_order
from cloud.booking.orders.order_work import SYSTEM, OrderWork
from cloud.booking.transitions import HOLDING, LineAction
from cloud.booking.version_digest import LINE_ACTIONS

FLIGHT_ENDED = "the flight has ended"


def apply_due_changes(work: OrderWork) -> int:
    """Move the lines of some orders to the states that they have by now; returns how many."""
    return sum(
        apply_due_changes_of(work, order_id)
        for order_id in find_due_orders(work.connection, work.now)
    )


def apply_due_changes_of(work: OrderWork, order_id: str) -> int:
    """The same for one order, whose lines may change several times."""
    timed = replace(work, actor=SYSTEM)
    order = find_order(timed.connection, order_id, None, lock=True)
    lines = timed.choose_lines(order)
    ready = {*timed.find_ready(timed.connection, lines)}
    count = 0
    while moved := _move_due(timed, lines, ready):
        for action, some in moved.items():
            timed.store_lines(order, some, LINE_ACTIONS[action])
            count += len(some)
        lines = timed.choose_lines(order)
    return count


def find_due_action(line: BookedLine, work: OrderWork, *, is_ready: bool) -> LineAction | None:
    """What time does to a line by now; None: nothing."""
    status, has_ended = line.booking_status, line.ends_at <= work.now
    if status in HOLDING:
        is_over = line.expires_at is not None and line.expires_at <= work.now
        return LineAction.EXPIRE if is_over else None
    if has_ended and status is BookingStatus.CHANGE_PENDING:
        return LineAction.END_CHANGE
    if has_ended and status in (
        BookingStatus.BOOKED, BookingStatus.IN_FLIGHT, BookingStatus.PAUSED,
    ):  # fmt: skip
        return LineAction.FINISH
    has_begun = line.starts_at <= work.now
    if status is BookingStatus.BOOKED and has_begun and is_ready:
        return LineAction.START
    return None


def _move_due(
    work: OrderWork, lines: tuple[BookedLine, ...], ready: set[str]
) -> dict[LineAction, list[BookedLine]]:
    moved: dict[LineAction, list[BookedLine]] = defaultdict(list)
    for line in lines:
        action = find_due_action(line, work, is_ready=line.line_id in ready)
        if action is None:
            continue
        if action is LineAction.EXPIRE:
            release(work.connection, line.line_id)
        if action is LineAction.END_CHANGE:
            reject_pending(work, line, FLIGHT_ENDED)
        moved[action].append(work.move(line, action))
    return dict(moved)
