"""Operator actions on an alert: acknowledge and close. Both are entered in the audit log.

An acknowledged alert sends no further notification. An alert that was closed by hand is not raised
again until its condition has ended and returned.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row

from cloud.alerting import notifications
from cloud.alerting.changes import RecordedChange, record_changes, record_of
from cloud.alerting.history import read_alert as find_alert
from cloud.alerting.lifecycle import AlertChange, HoldState, make_event, update_alert, write_hold
from cloud.auth import audit

LONGEST_NOTE: Final = 500


class AlertActionError(ValueError):
    """An action that this alert does not allow."""


class AlertEnded(AlertActionError):  # noqa: N818 - reads as what happened
    """An alert that is not open any more."""


@dataclass(frozen=True, slots=True)
class OperatorAction:
    """Who acts on an alert, when, and why; `actor` is entered in the audit log."""

    actor: str
    at: datetime
    note: str


def acknowledge(connection: Connection, number: int, act: OperatorAction) -> Row[Any]:
    """Acknowledge an open alert and withdraw its pending notifications.

    A second acknowledgement changes nothing.
    """
    found = _open(connection, number, "acknowledged")
    if found.acknowledged_at is not None:
        return found
    update_alert(
        connection,
        number,
        acknowledged_at=act.at,
        acknowledged_by=act.actor[:120],
        acknowledged_note=_checked(act.note),
    )
    record_changes(connection, [record_of(found, RecordedChange.ACKNOWLEDGED, act.at)])
    notifications.withdraw_notifications(connection, number, "the alert was acknowledged")
    _record(connection, "alert.acknowledge", found, act)
    return find_alert(connection, number)


def close(connection: Connection, number: int, act: OperatorAction) -> Row[Any]:
    """Close an open alert by hand; its recipients are notified, unless it was acknowledged."""
    found = _open(connection, number, "closed")
    reason = _checked(act.note)
    if not reason:
        raise AlertActionError("closing an alert needs a reason: say why it is over")
    update_alert(
        connection, number, cleared_at=act.at, closed_by=act.actor[:120], close_reason=reason
    )
    record_changes(connection, [record_of(found, RecordedChange.CLOSED, act.at)])
    write_hold(connection, (found.kind, found.location, found.device), HoldState.CLOSED, act.at)
    _record(connection, "alert.close", found, act)
    notifications.plan_for_notified(connection, make_event(found, AlertChange.CLEARED, act.at))
    return find_alert(connection, number)


def _open(connection: Connection, number: int, what: str) -> Row[Any]:
    found = find_alert(connection, number)
    if found.cleared_at is not None:
        ended = found.cleared_at.isoformat()
        raise AlertEnded(f"alert {number} ended at {ended}: only an open alert can be {what}")
    return found


def _checked(note: str) -> str:
    plain = note.strip()
    if len(plain) > LONGEST_NOTE or not plain.isprintable():
        raise AlertActionError(f"the note must be one line of at most {LONGEST_NOTE} characters")
    return plain


def _record(connection: Connection, action: str, alert: Row[Any], act: OperatorAction) -> None:
    audit.record_change(
        connection,
        at=act.at,
        actor=act.actor[:120],
        action=action,
        about=str(alert.id),
        details={
            "kind": alert.kind,
            "location": alert.location,
            "device": alert.device,
            "note": act.note.strip(),
        },
    )
