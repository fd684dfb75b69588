"""Discounts of orders, and the decision of the media owner about pending lines.

A discount above the limit of the role that gives it needs the approval of another person whose role
may give it. Nobody decides about an order that they placed, or a discount that they gave.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from cloud.booking import capacity
from cloud.booking.capacity import release
from cloud.booking.order_line import BookingStatus
from cloud.booking.orders.credit import require_credit
from cloud.booking.orders.order import BASIS_POINTS, Approval, BookedLine, Order
from cloud.booking.orders.order_rows import update_order
from cloud.booking.orders.order_work import NotAllowedError, OrderWork, is_same_person
from cloud.booking.orders.placing import OrderRefused
from cloud.booking.transitions import LineAction, TransitionError, list_actions
from cloud.booking.version_digest import DISCOUNT_ACTION, LINE_ACTIONS

SET_DISCOUNT: Final = "order.discount.set"
"""In place of `DISCOUNT_ACTION`, where no line changes."""


def give_discount(work: OrderWork, order_id: str, discount_bp: int, reason: str) -> Order:
    """Set the discount of an order for its drafts and later lines.

    Raises:
        NotAllowedError: the actor is a buyer.
        OrderRefused: a line is reserved, or waits for a decision.
    """
    work.require_staff("a discount")
    order = work.lock_order(order_id)
    if not 0 <= discount_bp < BASIS_POINTS:
        raise OrderRefused(f"a discount of {discount_bp}: write basis points from 0 to 9999")
    lines = work.choose_lines(order)
    held = [line for line in lines if LineAction.EXPIRE in list_actions(line.booking_status)]
    if held:
        raise OrderRefused(
            f"line {held[0].line_id} is in {held[0].booking_status}: reset it, then give the "
            "discount"
        )
    needs = discount_bp > work.policy.find_discount_limit(work.actor.roles)
    changed = replace(
        order,
        discount_bp=discount_bp,
        discount_by=work.actor.name,
        approval=Approval.REQUIRED if needs else Approval.NOT_REQUIRED,
        approval_by=None,
        approval_at=None,
        changed_at=work.now,
    )
    update_order(work.connection, changed)
    drafts = [
        replace(line, discount_bp=discount_bp, changed_by=work.actor.name, changed_at=work.now)
        for line in lines
        if line.booking_status is BookingStatus.DRAFT and not line.make_good_of
    ]
    details = {"discount_bp": discount_bp, "reason": reason, "approval": changed.approval}
    if drafts:
        work.store_lines(changed, drafts, DISCOUNT_ACTION, **details)
    else:
        work.record(SET_DISCOUNT, order.id, account=order.account, **details)
    return changed


def approve_order(
    work: OrderWork, order_id: str, line_ids: Sequence[str] | None = None, *, reason: str = ""
) -> tuple[BookedLine, ...]:
    """Confirm pending reservations, and book pending bookings; a reason is recorded.

    Raises:
        NotAllowedError: the actor is a buyer, placed the order, or gave a discount above the limit.
        TransitionError: no line waits for a decision.
        CreditLimitError: the account would exceed its credit limit.
    """
    order, lines = _find_pending(work, order_id, line_ids, LineAction.APPROVE)
    is_booking = any(line.booking_status is BookingStatus.PENDING_BOOKING for line in lines)
    if is_booking and order.approval in (Approval.REQUIRED, Approval.DECLINED):
        _require_limit(work, order)
    expires_at = work.now + work.policy.reservation
    moved = [work.move(line, LineAction.APPROVE, expires_at=expires_at) for line in lines]
    moved = [
        line if line.booking_status is BookingStatus.RESERVED else replace(line, expires_at=None)
        for line in moved
    ]
    if is_booking:
        require_credit(work, order, moved)
    for line in moved:
        if line.booking_status is BookingStatus.RESERVED:
            capacity.extend(work.connection, line.line_id, until=expires_at, now=work.now)
        else:
            capacity.confirm(work.connection, line.line_id, now=work.now)
    if is_booking:
        _store_decision(work, order, Approval.APPROVED)
    details = {"reason": reason} if reason else {}
    work.store_lines(order, moved, LINE_ACTIONS[LineAction.APPROVE], **details)
    return tuple(moved)


def decline_order(
    work: OrderWork, order_id: str, reason: str, line_ids: Sequence[str] | None = None
) -> tuple[BookedLine, ...]:
    """Decline pending lines and give their positions back; raises as `approve_order`."""
    order, lines = _find_pending(work, order_id, line_ids, LineAction.DECLINE)
    moved = [work.move(line, LineAction.DECLINE, reason=reason) for line in lines]
    for line in lines:
        release(work.connection, line.line_id)
    if any(line.booking_status is BookingStatus.PENDING_BOOKING for line in lines):
        _store_decision(work, order, Approval.DECLINED)
    work.store_lines(order, moved, LINE_ACTIONS[LineAction.DECLINE], reason=reason)
    return tuple(moved)


def _find_pending(
    work: OrderWork, order_id: str, line_ids: Sequence[str] | None, action: LineAction
) -> tuple[Order, tuple[BookedLine, ...]]:
    order = work.lock_order(order_id)
    work.require_staff("a decision")
    named = (order.created_by, order.discount_by)
    if any(is_same_person(work.actor.name, one) for one in named):
        raise NotAllowedError(
            f"{work.actor.name} placed the order or gave its discount: another person must decide"
        )
    every = work.choose_lines(order, line_ids)
    lines = tuple(line for line in every if action in list_actions(line.booking_status))
    if not lines or (line_ids is not None and len(lines) < len(every)):
        raise TransitionError("no line waits for a decision: GET the order for the present states")
    return order, lines


def _require_limit(work: OrderWork, order: Order) -> None:
    limit = work.policy.find_discount_limit(work.actor.roles)
    if order.discount_bp > limit:
        raise NotAllowedError(
            f"a discount of {order.discount_bp} basis points is above your limit of {limit}: "
            "finance or an administrator must decide"
        )


def _store_decision(work: OrderWork, order: Order, approval: Approval) -> None:
    if order.approval is not Approval.NOT_REQUIRED:
        update_order(
            work.connection,
            replace(order, approval=approval, approval_by=work.actor.name,
                    approval_at=work.now, changed_at=work.now),
        )  # fmt: skip
