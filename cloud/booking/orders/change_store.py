"""Stored requests to change lines: find them, store decisions, reject what is pending."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection, select, update

from cloud.booking.orders.order import BookedLine
from cloud.booking.orders.order_work import OrderWork
from cloud.booking.orders.tables import order_changes


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
    """A stored change request, with the price before it and after it.

    `quote` has the price of the positions that it adds.
    """

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
    quote: str | None = None


def insert_change(connection: Connection, request: ChangeRequest) -> None:
    """Store a new request."""
    connection.execute(order_changes.insert().values(_to_row(request)))


def store_decision(connection: Connection, decided: ChangeRequest) -> None:
    """Store a request in place of its former row."""
    changed = update(order_changes).where(order_changes.c.id == decided.id)
    connection.execute(changed.values(_to_row(decided)))


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


def list_pending_changes(connection: Connection, most: int) -> tuple[ChangeRequest, ...]:
    """The requests of all orders that wait for a decision, the oldest first."""
    columns = order_changes.c
    wanted = select(order_changes).where(columns.status == ChangeStatus.PENDING.value)
    rows = connection.execute(wanted.order_by(columns.requested_at, columns.id).limit(most))
    return tuple(_to_change(row) for row in rows.mappings())


def reject_pending(work: OrderWork, line: BookedLine, reason: str) -> None:
    """Reject what is pending for a line whose flight has ended, or that was displaced."""
    for request in list_changes(work.connection, line.order_id):
        if request.line_id == line.line_id and request.status is ChangeStatus.PENDING:
            store_decision(
                work.connection,
                replace(
                    request, status=ChangeStatus.REJECTED, decided_by=work.actor.name,
                    decided_at=work.now, decision_reason=reason,
                ),
            )  # fmt: skip


def _to_row(request: ChangeRequest) -> dict[str, Any]:
    row = {name: getattr(request, name) for name in ChangeRequest.__slots__}
    change = msgspec.json.encode(request.change).decode()
    return row | {"status": request.status.value, "change": change}


def _to_change(row: Any) -> ChangeRequest:
    change = msgspec.json.decode(row["change"], type=LineChange)
    return ChangeRequest(**{**row, "status": ChangeStatus(row["status"]), "change": change})
