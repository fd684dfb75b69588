"""Changes of lines that are booked or in flight: asked for by the buyer, decided by staff.

A change may shorten the flight and set another number of positions, for hours after the notice of
the policy. The price is recomputed when the change is asked for, and again when it is approved;
what the policy demands for released hours stays due. Hours are added as new lines, from a quote.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection, select, update

from cloud.booking.capacity import release, take
from cloud.booking.orders.credit import require_credit
from cloud.booking.orders.lifecycle import store_displaced
from cloud.booking.orders.order import BookedLine, LineSlot, Order, flight_of
from cloud.booking.orders.order_work import NotAllowedError, OrderWork, is_same_person
from cloud.booking.orders.placing import OrderRefused
from cloud.booking.orders.tables import order_changes
from cloud.booking.preemption import preempt
from cloud.booking.sale_limits import first_open_s
from cloud.booking.slots import DeliveryType
from cloud.booking.transitions import LineAction
from cloud.booking.version_digest import LINE_ACTIONS
from cloud.database import EPOCH


class ChangeStatus(StrEnum):
    """The status of a change request, as OpenDirect writes it."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


class LineChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; None: as it is. The flight may become shorter only."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    positions: int | None = None


class UnknownChangeError(LookupError):
    """No change request of the order with that id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRequest:
    """A stored change request, with the price before it and after it."""

    id: str
    order_id: str
    line_id: str
    status: ChangeStatus
    change: LineChange
    reason: str
    cost_before_minor: int
    cost_after_minor: int
    requested_by: str
    requested_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    decision_reason: str | None = None


def request_change(
    work: OrderWork, order_id: str, line_id: str, change: LineChange, reason: str
) -> ChangeRequest:
    """Store a request; the line waits in ChangePending.

    Raises:
        TransitionError: the line is neither booked nor in flight.
        OrderRefused: the change is none, too late, or would leave no hour.
    """
    order = work.lock_order(order_id)
    (line,) = work.choose_lines(order, [line_id])
    pending = work.move(line, LineAction.REQUEST_CHANGE, reason=reason)
    changed = compute_change(work, line, change)
    request = ChangeRequest(
        id=secrets.token_hex(16),
        order_id=order.id,
        line_id=line.line_id,
        status=ChangeStatus.PENDING,
        change=change,
        reason=reason,
        cost_before_minor=line.cost_minor + line.cancellation_minor,
        cost_after_minor=changed.cost_minor + changed.cancellation_minor,
        requested_by=work.actor.name,
        requested_at=work.now,
    )
    work.connection.execute(order_changes.insert().values(_to_row(request)))
    work.store_lines(
        order, [pending], LINE_ACTIONS[LineAction.REQUEST_CHANGE], change=request.id, reason=reason
    )
    return request


def decide_change(
    work: OrderWork, change_id: str, status: ChangeStatus, reason: str
) -> ChangeRequest:
    """Approve or reject a request; the line is booked again, changed or as it was.

    Raises:
        UnknownChangeError: there is no such request.
        NotAllowedError: the actor is a buyer, or asked for the change.
        OrderRefused: the request is decided already, or `status` is no decision.
        NotAvailableError, CreditLimitError: more positions are asked for than there are.
    """
    found = find_change(work.connection, change_id)
    order = work.lock_order(found.order_id)
    request = find_change(work.connection, change_id)
    work.require_staff("a decision")
    if is_same_person(work.actor.name, request.requested_by):
        raise NotAllowedError("you asked for this change: somebody else must decide")
    if request.status is not ChangeStatus.PENDING or status is ChangeStatus.PENDING:
        raise OrderRefused(f"the change is {request.status}: only a pending one can be decided")
    (line,) = work.choose_lines(order, [request.line_id])
    moved = work.move(line, LineAction.END_CHANGE)
    if status is ChangeStatus.APPROVED:
        moved = _apply(work, order, compute_change(work, moved, request.change))
    decided = replace(
        request,
        status=status,
        cost_after_minor=moved.cost_minor + moved.cancellation_minor,
        decided_by=work.actor.name,
        decided_at=work.now,
        decision_reason=reason,
    )
    _store_decision(work, decided)
    work.store_lines(
        order, [moved], LINE_ACTIONS[LineAction.END_CHANGE], change=request.id, status=status,
        reason=reason,
    )  # fmt: skip
    return decided


def reject_pending(work: OrderWork, line: BookedLine, reason: str) -> None:
    """Reject what is pending for a line whose flight has ended."""
    for request in list_changes(work.connection, line.order_id):
        if request.line_id == line.line_id and request.status is ChangeStatus.PENDING:
            _store_decision(
                work,
                replace(
                    request, status=ChangeStatus.REJECTED, decided_by=work.actor.name,
                    decided_at=work.now, decision_reason=reason,
                ),
            )  # fmt: skip


def compute_change(work: OrderWork, line: BookedLine, change: LineChange) -> BookedLine:
    """The line after the change, with what is due for the hours that it releases."""
    starts_at, ends_at = change.starts_at or line.starts_at, change.ends_at or line.ends_at
    positions = change.positions or line.positions
    if positions != line.positions and line.delivery is DeliveryType.EXCLUSIVE:
        raise OrderRefused("an exclusive line has the whole loop: change its hours only")
    kept = tuple(one for one in line.slots if starts_at <= _starts_at(one) < ends_at)
    if not kept or (len(kept) == len(line.slots) and positions == line.positions):
        raise OrderRefused(
            f"the change would leave {len(kept)} of {len(line.slots)} hours and {positions} "
            f"positions: leave at least one hour, and change something (cancel a whole line)"
        )
    first_at = _first_changed_at(line, kept, positions)
    least = work.now + timedelta(days=work.policy.change_notice_days)
    if first_at < least:
        raise OrderRefused(
            f"the change begins at {first_at:%Y-%m-%dT%H:%MZ}: it must begin at "
            f"{least:%Y-%m-%dT%H:%MZ} or later"
        )
    start, end = flight_of(kept)
    changed = replace(line, slots=kept, positions=positions, starts_at=start, ends_at=end)
    released = max(0, line.cost_minor - changed.cost_minor)
    due = work.policy.compute_due(released, first_at, work.now)
    return replace(changed, cancellation_minor=line.cancellation_minor + due)


def find_change(connection: Connection, change_id: str) -> ChangeRequest:
    """A request by its id; raises UnknownChangeError."""
    wanted = select(order_changes).where(order_changes.c.id == change_id[:64])
    row = connection.execute(wanted).mappings().one_or_none()
    if row is None:
        raise unknown_change(change_id)
    return _to_change(row)


def unknown_change(change_id: str) -> UnknownChangeError:
    """The error for an id without a request, and for one that the caller may not see."""
    return UnknownChangeError(f"no change request {change_id[:32]!r} of an order of yours")


def list_changes(connection: Connection, order_id: str) -> tuple[ChangeRequest, ...]:
    """The requests of an order, the oldest first."""
    wanted = select(order_changes).where(order_changes.c.order_id == order_id)
    rows = connection.execute(wanted.order_by(order_changes.c.requested_at, order_changes.c.id))
    return tuple(_to_change(row) for row in rows.mappings())


def _apply(work: OrderWork, order: Order, changed: BookedLine) -> BookedLine:
    """Take what the changed line has to come, in place of what the line has to come."""
    require_credit(work, order, [changed])
    from_s = first_open_s(work.now)
    release(work.connection, changed.line_id, from_s=from_s)
    demand = [one for one in changed.demand if one.starts_at_s >= from_s]
    if demand:
        terms: Any = {"now": work.now, "delivery": changed.delivery}
        displaced = preempt(work.connection, work.sites, demand, **terms)
        take(
            work.connection, work.sites, demand, line_id=changed.line_id, until=None,
            account=order.account, **terms,
        )  # fmt: skip
        store_displaced(work, displaced)
    return changed


def _first_changed_at(line: BookedLine, kept: Sequence[LineSlot], positions: int) -> datetime:
    """The first hour that differs: of all, where the positions change."""
    if positions != line.positions:
        return line.starts_at
    left = {one.starts_at_s for one in kept}
    return min(_starts_at(one) for one in line.slots if one.starts_at_s not in left)


def _starts_at(slot: LineSlot) -> datetime:
    return EPOCH + timedelta(seconds=slot.starts_at_s)


def _store_decision(work: OrderWork, decided: ChangeRequest) -> None:
    changed = update(order_changes).where(order_changes.c.id == decided.id)
    work.connection.execute(changed.values(_to_row(decided)))


def _to_row(request: ChangeRequest) -> dict[str, Any]:
    row = {name: getattr(request, name) for name in ChangeRequest.__slots__}
    change = msgspec.json.encode(request.change).decode()
    return row | {"status": request.status.value, "change": change}


def _to_change(row: Any) -> ChangeRequest:
    change = msgspec.json.decode(row["change"], type=LineChange)
    return ChangeRequest(**{**row, "status": ChangeStatus(row["status"]), "change": change})
