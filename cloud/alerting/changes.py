"""Record each change of an alert as a row, in the transaction of the change; for the lake.

`alerts` has the present state of each alert only. A row of `alert_changes` is never updated. Two
processes that make the same change of an alert record it once.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row

from cloud.database import alert_changes, insert


class RecordedChange(StrEnum):
    """What happened to an alert; each happens once at most."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"  # by an operator
    CLEARED = "cleared"  # its measure is below the lower threshold
    CLOSED = "closed"  # by an operator, or because its camera is no longer listed


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """One change; `value` is that of the measure, in the unit of the kind."""

    alert: int
    kind: str
    location: str
    device: str
    change: RecordedChange
    changed_at: datetime
    value: float


def record_changes(connection: Connection, changes: Sequence[AlertRecord]) -> None:
    """Insert the changes."""
    if changes:
        statement = insert(connection.dialect.name, alert_changes).on_conflict_do_nothing()
        connection.execute(statement, [asdict(one) for one in changes])


def record_of(
    alert: Row[Any], change: RecordedChange, at: datetime, value: float | None = None
) -> AlertRecord:
    """The change of an alert that is in the table; without a value, the last that held."""
    return AlertRecord(
        alert.id, alert.kind, alert.location, alert.device, change, at,
        alert.value if value is None else value,
    )  # fmt: skip
