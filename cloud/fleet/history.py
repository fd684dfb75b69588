"""The history of the fleet: entries of the audit log, found by device.

An entry's action is the event with a prefix. Lines from before the fleet used the audit log stay in
`fleet_audit`: they are shown, and no digest protects them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, select

from cloud.auth import audit
from cloud.auth.audit import NewAuditEntry, audit_log
from cloud.fleet.tables import fleet_audit

PREFIX: Final = "fleet:"
NO_DEVICE: Final = "-"
MAX_DETAIL_CHARACTERS: Final = 1_000
MAX_ACTOR_CHARACTERS: Final = 120


@dataclass(frozen=True, slots=True)
class Author:
    """Who makes a change, and when."""

    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FleetEvent:
    """One event of one device; of none, when it concerns the fleet.

    `state` is the changed row after the event, for `audit verify` (`audit_states.py`).
    """

    event: str
    device: str | None
    detail: str
    state: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A line of the history. `entry` is its number in the audit log; None for an older line."""

    at: datetime
    who: str
    event: str
    device: str | None
    detail: str
    entry: int | None = None


def record_events(connection: Connection, author: Author, notes: Iterable[FleetEvent]) -> None:
    """Write events into the audit log, in the transaction of the change."""
    new = [
        NewAuditEntry(
            author.at,
            author.name[:MAX_ACTOR_CHARACTERS],
            f"{PREFIX}{one.event}",
            (one.device or NO_DEVICE)[:120],
            {"detail": one.detail[:MAX_DETAIL_CHARACTERS], **one.state},
        )
        for one in notes
    ]
    if new:
        audit.record_changes(connection, new)


def read_history(connection: Connection, device: str | None, *, last: int) -> list[HistoryEntry]:
    """The newest events, newest first."""
    query = select(audit_log).where(audit_log.c.action.startswith(PREFIX, autoescape=True))
    before = select(fleet_audit)
    if device is not None:
        query = query.where(audit_log.c.object == device)
        before = before.where(fleet_audit.c.device == device)
    rows = connection.execute(query.order_by(audit_log.c.number.desc()).limit(last)).all()
    found = [_from_audit_row(row) for row in rows]
    older: Sequence[Row[Any]] = (
        connection.execute(before.order_by(fleet_audit.c.id.desc()).limit(last - len(found))).all()
        if len(found) < last
        else ()
    )
    return found + [
        HistoryEntry(row.at, row.who, row.event, row.device, row.detail) for row in older
    ]


def _from_audit_row(row: Row[Any]) -> HistoryEntry:
    device = None if row.object == NO_DEVICE else row.object
    detail = msgspec.json.decode(row.details)["detail"]
    return HistoryEntry(
        row.at, row.actor, row.action.removeprefix(PREFIX), device, detail, row.number
    )
