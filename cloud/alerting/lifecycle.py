"""Alerts: raised once, held while the condition lasts, cleared once. The table is the memory.

An alert is raised when its measure has held for the kind's `hold_raise`, and cleared when it has
stayed below the lower threshold for `hold_clear` without a break. An alert that comes back within a
day is held longer each time, so a camera that flaps makes a few notices a day and not hundreds.
A hold time counts only while its measure is there: an evaluation without it, or a pause between two
evaluations, restarts the hold, because nobody knows what the condition was meanwhile.
Whoever evaluates, and however often, there is one open alert of a kind for each place and camera: a
unique index says so, not a lock.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, func, select, update

from cloud.alerting.rules import THRESHOLDS, AlertKind, Measure, Thresholds
from cloud.database import Instant, alert_evaluations, alert_holds, alerts, insert

HOLD_FACTOR: Final = 4
LONGEST_HOLD: Final = timedelta(hours=16)
COUNTED: Final = timedelta(days=1)
LONGEST_REASON: Final = 500
LONGEST_PAUSE: Final = timedelta(minutes=5)
"""Between two evaluations, of which `watch` makes one a minute: a restart is shorter."""

Key = tuple[str, str, str]  # kind, location, device


class AlertChange(StrEnum):
    """What has become of an alert."""

    RAISED = "raised"
    CLEARED = "cleared"


class HoldState(StrEnum):
    """Why a condition that would raise an alert does not do so yet."""

    PENDING = "pending"  # it has not lasted long enough
    CLOSED = "closed"  # its alert was closed by hand and the condition has not ended since


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """An alert that has just changed."""

    alert: int
    change: AlertChange
    kind: str
    location: str
    device: str
    at: datetime
    acknowledged: bool = False


@dataclass(slots=True)
class _Memory:
    """What the database remembers at the start of one evaluation, and what is to be written.

    Ten thousand alerts are written in a few statements: other writers wait meanwhile.
    """

    standing: Mapping[Key, Row[Any]]
    holds: Mapping[Key, Row[Any]]
    raised_lately: Mapping[Key, int]
    raising: list[Measure] = field(default_factory=list)
    held: list[dict[str, Any]] = field(default_factory=list)
    events: list[AlertEvent] = field(default_factory=list)


def apply_measures(
    connection: Connection,
    measures: Iterable[Measure],
    now: datetime,
    thresholds: Mapping[AlertKind, Thresholds] = THRESHOLDS,
    *,
    longest_pause: timedelta = LONGEST_PAUSE,
) -> list[AlertEvent]:
    """Raise, hold and clear by the measures of one evaluation; what has changed.

    `longest_pause` is the time between two evaluations after which every hold restarts.
    """
    if _paused(connection, now, longest_pause):
        _restart_holds(connection, _memory(connection, now), measured=frozenset())
    memory, measured = _memory(connection, now), set[Key]()
    for measure in measures:
        key = (str(measure.kind), measure.location, measure.device)
        measured.add(key)
        limits = thresholds[measure.kind]
        standing = memory.standing.get(key)
        if standing is None:
            _consider_raising(connection, memory, key, measure, limits, now)
        else:
            _consider_clearing(connection, memory, standing, measure, limits, now)
    _restart_holds(connection, memory, measured)
    if memory.held:
        connection.execute(_HELD, memory.held)
    return _raise(connection, memory.raising, now) + memory.events


def _paused(connection: Connection, now: datetime, longest_pause: timedelta) -> bool:
    """Whether the last evaluation is too long ago; records this one."""
    rows = alert_evaluations
    before = connection.execute(select(rows.c.evaluated_at)).scalar()
    new = insert(connection.dialect.name, rows).values(id=1, evaluated_at=now)
    update_row = new.on_conflict_do_update(index_elements=["id"], set_={"evaluated_at": now})
    connection.execute(update_row)
    return before is not None and now - before > longest_pause


def _restart_holds(connection: Connection, memory: _Memory, measured: Set[Key]) -> None:
    """Restart the hold times of conditions without a measure, before raising and before clearing.

    A condition whose alert was closed by hand stays closed until a measure says that it is over.
    """
    for key, hold in memory.holds.items():
        if key not in measured and hold.state == HoldState.PENDING:
            delete_hold(connection, key)
    for key, alert in memory.standing.items():
        if key not in measured and alert.clearing_since_at is not None:
            update_alert(connection, alert.id, clearing_since_at=None)


def hold_clear(limits: Thresholds, raised_lately: int) -> timedelta:
    """How long a condition must be over: four times as long with each alert of the last day."""
    factor: int = HOLD_FACTOR ** min(max(0, raised_lately - 1), 10)
    return min(limits.hold_clear * factor, max(LONGEST_HOLD, limits.hold_clear))


def _consider_raising(
    connection: Connection,
    memory: _Memory,
    key: Key,
    measure: Measure,
    limits: Thresholds,
    now: datetime,
) -> None:
    hold = memory.holds.get(key)
    if measure.value < limits.raise_at:
        is_over = hold is not None and (
            hold.state == HoldState.PENDING or measure.value < limits.clear_at
        )
        if is_over:
            delete_hold(connection, key)
        return
    if hold is not None and hold.state == HoldState.CLOSED:
        return
    since_at = now if hold is None else hold.since_at
    if now - since_at >= limits.hold_raise:
        if hold is not None:
            delete_hold(connection, key)
        memory.raising.append(measure)
    elif hold is None:
        write_hold(connection, key, HoldState.PENDING, now)


def _consider_clearing(
    connection: Connection,
    memory: _Memory,
    standing: Row[Any],
    measure: Measure,
    limits: Thresholds,
    now: datetime,
) -> None:
    if measure.value >= limits.clear_at:
        values = {"held_at": now, "held_value": measure.value, "held_message": measure.message}
        memory.held.append({"number": standing.id, **values})
        return
    since_at = standing.clearing_since_at or now
    key = (standing.kind, standing.location, standing.device)
    if now - since_at >= hold_clear(limits, memory.raised_lately.get(key, 0)):
        update_alert(connection, standing.id, cleared_at=now)
        memory.events.append(make_event(standing, AlertChange.CLEARED, now))
    elif standing.clearing_since_at is None:
        update_alert(connection, standing.id, clearing_since_at=now)


def make_event(alert: Row[Any], change: AlertChange, now: datetime) -> AlertEvent:
    """The event of an alert that is in the table."""
    is_acknowledged = alert.acknowledged_at is not None
    return AlertEvent(
        alert.id, change, alert.kind, alert.location, alert.device, now, is_acknowledged
    )


def read_open_alerts(connection: Connection) -> list[Row[Any]]:
    """Every alert that is open."""
    return list(connection.execute(select(alerts).where(alerts.c.cleared_at.is_(None))))


def update_alert(connection: Connection, alert: int, **values: Any) -> None:
    """Change columns of one alert."""
    connection.execute(alerts.update().where(alerts.c.id == alert).values(**values))


def write_hold(connection: Connection, key: Key, state: HoldState, now: datetime) -> None:
    """Remember a condition that has no open alert."""
    kind, location, device = key
    values = {"state": str(state), "since_at": now}
    new = insert(connection.dialect.name, alert_holds).values(
        kind=kind, location=location, device=device, **values
    )
    connection.execute(
        new.on_conflict_do_update(index_elements=["kind", "location", "device"], set_=values)
    )


def delete_hold(connection: Connection, key: Key) -> None:
    """The condition is over, or its alert is raised."""
    cells = alert_holds.c
    kind, location, device = key
    found = (cells.kind == kind) & (cells.location == location) & (cells.device == device)
    connection.execute(delete(alert_holds).where(found))


def _memory(connection: Connection, now: datetime) -> _Memory:
    cells = alerts.c
    lately = connection.execute(
        select(cells.kind, cells.location, cells.device, func.count())
        .where(cells.raised_at > now - COUNTED)
        .group_by(cells.kind, cells.location, cells.device)
    )
    return _Memory(
        {(row.kind, row.location, row.device): row for row in read_open_alerts(connection)},
        {
            (row.kind, row.location, row.device): row
            for row in connection.execute(select(alert_holds))
        },
        {(kind, location, device): count for kind, location, device, count in lately},
    )


def _raise(connection: Connection, measures: Sequence[Measure], now: datetime) -> list[AlertEvent]:
    """Raise alerts; of two measures of one key, and of two processes, one does."""
    if not measures:
        return []
    rows = {
        (str(one.kind), one.location, one.device): {
            "kind": str(one.kind),
            "location": one.location,
            "device": one.device,
            "raised_at": now,
            "last_held_at": now,
            "value": one.value,
            "message": one.message,
        }
        for one in reversed(measures)
    }
    cells = alerts.c
    new = insert(connection.dialect.name, alerts).on_conflict_do_nothing()
    found = connection.execute(
        new.returning(cells.id, cells.kind, cells.location, cells.device),
        list(reversed(rows.values())),
    )
    return sorted(
        (
            AlertEvent(number, AlertChange.RAISED, kind, location, device, now)
            for number, kind, location, device in found
        ),
        key=lambda event: event.alert,
    )


_HELD: Final = (
    update(alerts)
    .where(alerts.c.id == bindparam("number"))
    .values(
        last_held_at=bindparam("held_at", type_=Instant),
        value=bindparam("held_value"),
        message=bindparam("held_message"),
        clearing_since_at=None,
    )
)
