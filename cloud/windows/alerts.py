"""Alerts: raised once, held while it lasts, cleared once. The table is the memory.

Whoever evaluates, and however often, there is one open alert of a kind for each place and camera;
a unique index says so, not a lock.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from cloud.database import alerts, insert, notices
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


class UnknownAlert(LookupError):  # noqa: N818 - reads as what happened
    """An alert that was never raised."""


@dataclass(frozen=True, slots=True)
class Search:
    """Which alerts: those that stood at some moment of [since_at, until_at), if these are given.

    `kinds` are beginnings, as with recipients; empty tuples let every place and kind through.
    """

    since_at: datetime | None = None
    until_at: datetime | None = None
    locations: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    is_open: bool | None = None


def history(
    connection: Connection, search: Search, *, below: int | None = None, most: int = 1_000
) -> list[Row[Any]]:
    """The alerts that fit, the latest first; `below` leaves out those of that number and above."""
    cells, query = alerts.c, select(alerts)
    if search.since_at is not None:
        query = query.where(cells.cleared_at.is_(None) | (cells.cleared_at > search.since_at))
    if search.until_at is not None:
        query = query.where(cells.raised_at < search.until_at)
    if search.locations:
        query = query.where(cells.location.in_(search.locations))
    if search.kinds:
        begins = (cells.kind.startswith(kind, autoescape=True) for kind in search.kinds)
        query = query.where(or_(*begins))
    if search.is_open is not None:
        cleared = cells.cleared_at
        query = query.where(cleared.is_(None) if search.is_open else cleared.is_not(None))
    if below is not None:
        query = query.where(cells.id < below)
    return list(connection.execute(query.order_by(cells.id.desc()).limit(most)))


def alert(connection: Connection, number: int) -> Row[Any]:
    """One alert, or UnknownAlert."""
    found = connection.execute(select(alerts).where(alerts.c.id == number)).one_or_none()
    if found is None:
        raise UnknownAlert(f"no alert {number}: GET /api/alerts lists those there are")
    return found


def told(connection: Connection, number: int) -> list[Row[Any]]:
    """Who was to be told of an alert, in the order in which it was written down."""
    query = select(notices).where(notices.c.alert == number).order_by(notices.c.id)
    return list(connection.execute(query))


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
