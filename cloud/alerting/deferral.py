"""Defer the pending notifications of muted alerts, and release them when the mute is ended."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from cloud.alerting.mutes import AlertMute, MuteFilter, find_muted_until
from cloud.alerting.notifications import never_attempted, update_pending
from cloud.database import alert_notifications, alerts


def defer_notifications(connection: Connection, muted: MuteFilter, until_at: datetime) -> None:
    """Defer the pending notifications of the alerts that a new mute matches to its end."""
    columns = alert_notifications.c
    earlier = never_attempted() & (columns.due_at < until_at)
    numbers = [row.id for row in _find_matching(connection, muted, earlier)]
    update_pending(connection, numbers, due_at=until_at)


def release_notifications(
    connection: Connection, ended: AlertMute, others: Sequence[AlertMute], now: datetime
) -> None:
    """Send what a mute deferred, unless one of the other active mutes matches it too."""
    deferred = never_attempted() & (alert_notifications.c.due_at >= ended.until_at)
    for row in _find_matching(connection, ended.filter, deferred):
        due_at = find_muted_until(others, row.kind, row.location, row.device) or now
        update_pending(connection, [row.id], due_at=due_at)


def _find_matching(
    connection: Connection, muted: MuteFilter, which: ColumnElement[bool]
) -> list[Any]:
    query = (
        select(alert_notifications.c.id, alerts.c.kind, alerts.c.location, alerts.c.device)
        .join(alerts, alerts.c.id == alert_notifications.c.alert)
        .where(which)
    )
    return [
        row
        for row in connection.execute(query)
        if muted.matches(row.kind, row.location, row.device)
    ]
