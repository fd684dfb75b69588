"""Alerts: raised once, held while it lasts, cleared once. The table is the memory.

Whoever evaluates, and however often, there is one open alert of a kind for each place and camera;
a unique index says so, not a lock.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, select

from cloud.database import alerts, insert
from cloud.windows.anomalies import THRESHOLDS, Measure


class Change(StrEnum):
    """What has become of an alert."""

    RAISED = "raised"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Event:
    """An alert that has just changed."""

    alert: int
    change: Change
    measure: Measure
    at: datetime


def settle(connection: Connection, measures: Iterable[Measure], now: datetime) -> list[Event]:
    """Raise, hold and clear by the measures; what has changed."""
    standing = _open(connection)
    events = []
    for measure in measures:
        thresholds = THRESHOLDS[measure.kind]
        held = standing.get((measure.kind, measure.location, measure.device))
        if held is None and measure.value >= thresholds.raise_at:
            events += _raise(connection, measure, now)
        elif held is not None and measure.value < thresholds.clear_at:
            _change(connection, held, cleared_at=now)
            events.append(Event(held, Change.CLEARED, measure, now))
        elif held is not None:
            _change(connection, held, seen_at=now, value=measure.value, message=measure.message)
    return events


def history(
    connection: Connection,
    *,
    since_at: datetime,
    location: str | None = None,
    limit: int = 1_000,
) -> list[Row[Any]]:
    """Alerts that were open at `since_at` or raised after it, the latest first."""
    ended = alerts.c.cleared_at
    query = select(alerts).where(ended.is_(None) | (ended >= since_at))
    if location is not None:
        query = query.where(alerts.c.location == location)
    latest = query.order_by(alerts.c.raised_at.desc(), alerts.c.id.desc()).limit(limit)
    return list(connection.execute(latest))


def _open(connection: Connection) -> dict[tuple[str, str, str], int]:
    rows = connection.execute(select(alerts).where(alerts.c.cleared_at.is_(None)))
    return {(row.kind, row.location, row.device): row.id for row in rows}


def _raise(connection: Connection, measure: Measure, now: datetime) -> list[Event]:
    new = (
        insert(connection.dialect.name, alerts)
        .values(
            kind=str(measure.kind),
            location=measure.location,
            device=measure.device,
            raised_at=now,
            seen_at=now,
            value=measure.value,
            message=measure.message,
        )
        .on_conflict_do_nothing()
        .returning(alerts.c.id)
    )
    raised = connection.execute(new).scalar_one_or_none()
    return [] if raised is None else [Event(raised, Change.RAISED, measure, now)]


def _change(connection: Connection, alert: int, **values: Any) -> None:
    connection.execute(alerts.update().where(alerts.c.id == alert).values(**values))
