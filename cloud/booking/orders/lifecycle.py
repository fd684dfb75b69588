"""Reserve, book, cancel, reset, pause and resume lines, with the positions that they take.

Capacity, rows, versions and the entry in the audit log change in one transaction.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

from cloud.booking import capacity
from cloud.booking.audit_log.hold_entries import DISPLACE, record_hold
from cloud.booking.capacity import release
from cloud.booking.holds import end_displaced_holds, lock_limits, refuse_too_many_slots
from cloud.booking.order_line import BookingStatus
from cloud.booking.orders.cancellation import STOPPABLE, cancel_line, keep_delivered
from cloud.booking.orders.change_store import reject_pending
from cloud.booking.orders.credit import require_credit
from cloud.booking.orders.order import Approval, BookedLine, Order
from cloud.booking.orders.order_rows import find_order, read_lines_by_id
from cloud.booking.orders.order_work import OrderWork
from cloud.booking.preemption import DisplacedLine, take_or_displace
from cloud.booking.sale_limits import first_open_s
from cloud.booking.takes import Take, TakeState
from cloud.booking.transitions import HOLDING, LineAction, TransitionError, list_actions
from cloud.booking.version_digest import LINE_ACTIONS

DISPLACED: Final = "displaced by a line of higher priority"


class PriceExpiredError(Exception):
    """A line whose quote is no longer valid, so that its price is not either."""


def reserve_lines(
    work: OrderWork, order: Order, lines: Sequence[BookedLine]
) -> tuple[BookedLine, ...]:
    """Hold the positions of lines until the reservation expires.

    Raises:
        TransitionError: a line is not in a state for it.
        PriceExpiredError: the quote of a line is no longer valid.
        NotAvailableError: a slot has too few free positions; nothing is held.
        HoldLimitError: a buyer has as many held slots as the policy of holds allows.
    """
    expires_at = work.now + work.policy.reservation
    moved = []
    if not work.actor.is_staff:
        lock_limits(work.connection, order.account)
    for line in lines:
        moved.append(work.move(line, choose_reservation(work, line), expires_at=expires_at))
        _take(work, order, line, expires_at)
    if not work.actor.is_staff:
        refuse_too_many_slots(work.connection, order.account, work.now, work.policy.hold_policy)
    work.store_lines(order, moved, LINE_ACTIONS[LineAction.RESERVE])
    return tuple(moved)


def book_lines(
    work: OrderWork, order: Order, lines: Sequence[BookedLine]
) -> tuple[BookedLine, ...]:
    """Take the positions of lines for good, or ask for the decision that they need.

    A decision is needed for the discount of the order, and for drafts whose reservation the media
    owner would confirm.

    Raises:
        TransitionError, PriceExpiredError, NotAvailableError: as `reserve_lines`.
        NotHeldError: a reservation has expired.
        CreditLimitError: the account would exceed its credit limit.
    """
    ends_at = work.now + work.policy.decision
    booked: dict[LineAction, list[BookedLine]] = {}
    for line in lines:
        action = _choose_booking(work, order, line)
        until = None if action is LineAction.BOOK else ends_at
        booked.setdefault(action, []).append(work.move(line, action, expires_at=until))
    if LineAction.BOOK in booked:
        require_credit(work, order, booked[LineAction.BOOK])
    moved = {line.line_id: line for some in booked.values() for line in some}
    for line in lines:
        _take_to_book(work, order, line, moved[line.line_id].expires_at)
    for action, some in booked.items():
        work.store_lines(order, some, LINE_ACTIONS[action])
    return tuple(moved[line.line_id] for line in lines)


def cancel_lines(
    work: OrderWork, order: Order, lines: Sequence[BookedLine], reason: str
) -> tuple[BookedLine, ...]:
    """Give the positions back; what the policy demands for them stays due."""
    moved = [_cancel(work, line, reason) for line in lines]
    work.store_lines(order, moved, LINE_ACTIONS[LineAction.CANCEL], reason=reason)
    return tuple(moved)


def reset_lines(
    work: OrderWork, order: Order, lines: Sequence[BookedLine]
) -> tuple[BookedLine, ...]:
    """Make lines drafts again, without positions, at the present discount of the order."""
    moved = [_reset(work, order, line) for line in lines]
    for line in lines:
        release(work.connection, line.line_id)
    work.store_lines(order, moved, LINE_ACTIONS[LineAction.RESET])
    return tuple(moved)


def pause_lines(
    work: OrderWork, order: Order, lines: Sequence[BookedLine]
) -> tuple[BookedLine, ...]:
    """Pause lines in flight; they keep their positions, and their hours stay due."""
    return _move_all(work, order, lines, LineAction.PAUSE)


def resume_lines(
    work: OrderWork, order: Order, lines: Sequence[BookedLine]
) -> tuple[BookedLine, ...]:
    """Resume paused lines."""
    return _move_all(work, order, lines, LineAction.RESUME)


def select_for(lines: Iterable[BookedLine], *actions: LineAction) -> tuple[BookedLine, ...]:
    """Those lines whose state allows one of the actions; raises TransitionError for none."""
    every = tuple(lines)
    found = tuple(line for line in every if {*actions} & {*list_actions(line.booking_status)})
    if not found:
        states = ", ".join(sorted({line.booking_status for line in every})) or "no lines"
        raise TransitionError(f"{actions[0]} is possible for none of the lines: found {states}")
    return found


def apply_to_order(
    work: OrderWork,
    order_id: str,
    line_ids: Sequence[str] | None,
    actions: tuple[LineAction, ...],
    change: Callable[[Order, Sequence[BookedLine]], tuple[BookedLine, ...]],
) -> tuple[BookedLine, ...]:
    """Change the named lines of an order, or all lines whose state allows it."""
    order = work.lock_order(order_id)
    lines = work.choose_lines(order, line_ids)
    return change(order, select_for(lines, *actions) if line_ids is None else lines)


def _move_all(
    work: OrderWork, order: Order, lines: Sequence[BookedLine], action: LineAction
) -> tuple[BookedLine, ...]:
    moved = tuple(work.move(line, action) for line in lines)
    work.store_lines(order, moved, LINE_ACTIONS[action])
    return moved


def choose_reservation(work: OrderWork, line: BookedLine) -> LineAction:
    """How the actor reserves a line: with a decision of the media owner, or without."""
    needs_decision = _needs_confirmation(work, line)
    return LineAction.REQUEST_RESERVATION if needs_decision else LineAction.RESERVE


def _choose_booking(work: OrderWork, order: Order, line: BookedLine) -> LineAction:
    is_approved = order.approval in (Approval.NOT_REQUIRED, Approval.APPROVED)
    is_confirmed = line.booking_status in HOLDING or not _needs_confirmation(work, line)
    return LineAction.BOOK if is_approved and is_confirmed else LineAction.REQUEST_BOOKING


def _needs_confirmation(work: OrderWork, line: BookedLine) -> bool:
    return line.delivery in work.policy.confirm_reservations and not work.actor.is_staff


def _take_to_book(work: OrderWork, order: Order, line: BookedLine, until: datetime | None) -> None:
    """Take what a draft asks for; of a reserved line, change the end of what it has."""
    if line.booking_status not in HOLDING:
        _take(work, order, line, until)
    elif until is None:
        capacity.confirm(work.connection, line.line_id, now=work.now)
    else:
        capacity.extend(work.connection, line.line_id, until=until, now=work.now)


def _take(work: OrderWork, order: Order, line: BookedLine, until: datetime | None) -> None:
    """Take what a draft asks for, while its price is valid."""
    if work.now >= line.quote_ends_at:
        raise PriceExpiredError(
            f"the quote of line {line.line_id} was valid until "
            f"{line.quote_ends_at:%Y-%m-%dT%H:%MZ}: remove the line, and add it with a new quote"
        )
    take_positions(work, order, line, until)


def take_positions(work: OrderWork, order: Order, line: BookedLine, until: datetime | None) -> None:
    """Take positions for a line, and displace others of lower priority where that is needed."""
    state = TakeState.CONFIRMED if until is None else TakeState.HELD
    asked = Take(line.line_id, order.account, line.delivery, state, until, work.now)
    store_displaced(work, take_or_displace(work.connection, work.sites, line.demand, asked))


def store_displaced(work: OrderWork, displaced: Iterable[DisplacedLine]) -> None:
    """Move displaced lines of any order, and holds, to the state that says so."""
    ids = [one.line_id for one in displaced]
    if not ids:
        return
    for hold in end_displaced_holds(work.connection, ids, work.now):
        record_hold(work.connection, hold, DISPLACE, work.actor.name, work.now)
    for found in read_lines_by_id(work.connection, ids):
        order = find_order(work.connection, found.order_id, None, lock=True)
        (line,) = read_lines_by_id(work.connection, [found.line_id])
        if line.booking_status is BookingStatus.CHANGE_PENDING:
            reject_pending(work, line, DISPLACED)
        moved = work.move(keep_delivered(line, work.now), LineAction.DISPLACE, reason=DISPLACED)
        work.store_lines(order, [moved], LINE_ACTIONS[LineAction.DISPLACE], reason=DISPLACED)


def _cancel(work: OrderWork, line: BookedLine, reason: str) -> BookedLine:
    cancelled = cancel_line(work, line, reason)
    from_s = first_open_s(work.now) if line.booking_status in STOPPABLE else None
    release(work.connection, line.line_id, from_s=from_s)
    return cancelled


def _reset(work: OrderWork, order: Order, line: BookedLine) -> BookedLine:
    """A draft; a make-good stays free."""
    discount_bp = line.discount_bp if line.make_good_of else order.discount_bp
    return work.move(line, LineAction.RESET, discount_bp=discount_bp)
