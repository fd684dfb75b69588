"""Search the history of alerts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from cloud.alerting.rules import AlertKind
from cloud.database import alert_changes, alert_notifications, alerts


class UnknownAlert(LookupError):  # noqa: N818 - reads as what happened
    """An alert that was never raised."""


def alert_kind_prefix(text: str) -> str:
    """The text, if it is a kind of alert or the beginning of one.

    Raises:
        ValueError: it is neither; names every kind.
    """
    if text and any(kind.startswith(text) for kind in AlertKind):
        return text
    raise ValueError(
        f"{text[:64]!r} is neither a kind of alert nor the beginning of one: give "
        f"{', '.join(sorted(AlertKind))}, or a beginning such as camera."
    )


@dataclass(frozen=True, slots=True)
class AlertSearch:
    """Filter of alerts: those that were open at some moment of [since_at, until_at), if given.

    `kinds` are prefixes, as with recipients; empty tuples admit every location, device and kind.
    """

    since_at: datetime | None = None
    until_at: datetime | None = None
    locations: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    is_open: bool | None = None


def find_alerts(
    connection: Connection,
    search: AlertSearch,
    *,
    before_number: int | None = None,
    most: int = 1_000,
) -> list[Row[Any]]:
    """The matching alerts, the latest first, with numbers below `before_number`."""
    columns, query = alerts.c, select(alerts)
    if search.since_at is not None:
        query = query.where(columns.cleared_at.is_(None) | (columns.cleared_at > search.since_at))
    if search.until_at is not None:
        query = query.where(columns.raised_at < search.until_at)
    if search.locations:
        query = query.where(columns.location.in_(search.locations))
    if search.devices:
        query = query.where(columns.device.in_(search.devices))
    if search.kinds:
        begins = (columns.kind.startswith(kind, autoescape=True) for kind in search.kinds)
        query = query.where(or_(*begins))
    if search.is_open is not None:
        cleared = columns.cleared_at
        query = query.where(cleared.is_(None) if search.is_open else cleared.is_not(None))
    if before_number is not None:
        query = query.where(columns.id < before_number)
    return list(connection.execute(query.order_by(columns.id.desc()).limit(most)))


def read_alert(connection: Connection, number: int) -> Row[Any]:
    """One alert, or UnknownAlert."""
    found = connection.execute(select(alerts).where(alerts.c.id == number)).one_or_none()
    if found is None:
        raise UnknownAlert(f"no alert {number}: GET /api/alerts lists those there are")
    return found


def read_changes(connection: Connection, number: int) -> list[Row[Any]]:
    """What happened to an alert, the oldest change first; deleted by age, see `retention`."""
    query = select(alert_changes).where(alert_changes.c.alert == number)
    return list(connection.execute(query.order_by(alert_changes.c.id)))


def read_notifications(connection: Connection, number: int) -> list[Row[Any]]:
    """The notifications of an alert, in the order in which they were planned."""
    query = (
        select(alert_notifications)
        .where(alert_notifications.c.alert == number)
        .order_by(alert_notifications.c.id)
    )
    return list(connection.execute(query))
