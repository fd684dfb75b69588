"""The life of an alert: raised once, held while its condition lasts, cleared once; kept in tables.

An alert is raised when its measure has held for `hold_raise` of its kind, and cleared when it has
stayed below the lower threshold for `hold_clear` without interruption. An alert that returns within
a day is held longer each time, so that an unstable camera makes a few notifications a day. An
evaluation without the measure, or a pause between two evaluations, restarts a hold: the condition
was unknown meanwhile. A unique index, not a lock, admits one open alert of a kind for each location
and camera, whatever evaluates.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, func, select, update

from cloud.alerting.changes import AlertRecord, RecordedChange, record_changes, record_of
from cloud.alerting.rules import THRESHOLDS, AlertKind, AlertThresholds, Measure
from cloud.database import Instant, alert_evaluations, alert_holds, alerts, insert

HOLD_FACTOR: Final = 4
LONGEST_HOLD: Final = timedelta(hours=16)
RETURN_PERIOD: Final = timedelta(days=1)
LONGEST_REASON: Final = 500
LONGEST_PAUSE: Final = timedelta(minutes=5)
"""Between two evaluations, of which `watch` makes one a minute: a restart is shorter."""

Key = tuple[str, str, str]  # kind, location, device


class AlertChange(StrEnum):
    """How an alert changed."""

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
class _AlertState:
    """The state at the start of one evaluation, and the pending writes.

    Ten thousand alerts are written in a few statements, because other writers wait meanwhile.
    """

    open_alert: Mapping[Key, Row[Any]]
    holds: Mapping[Key, Row[Any]]
    raised_recently: Mapping[Key, int]
    raising: list[Measure] = field(default_factory=list)
    held: list[dict[str, Any]] = field(default_factory=list)
    cleared: list[AlertRecord] = field(default_factory=list)
    events: list[AlertEvent] = field(default_factory=list)


def apply_measures(
    connection: Connection,
    measures: Iterable[Measure],
    now: datetime,
    thresholds: Mapping[AlertKind, AlertThresholds] = THRESHOLDS,
    *,
    longest_pause: timedelta = LONGEST_PAUSE,
) -> list[AlertEvent]:
    """Raise, hold and clear alerts by the measures of one evaluation; returns the changes.

    `longest_pause` is the time between two evaluations after which every hold restarts.
    """
    if _paused(connection, now, longest_pause):
        _restart_holds(connection, _load_state(connection, now), measured=frozenset())
    alert_state, measured = _load_state(connection, now), set[Key]()
    for measure in measures:
        key = (str(measure.kind), measure.location, measure.device)
        measured.add(key)
        limits = thresholds[measure.kind]
        open_alert = alert_state.open_alert.get(key)
        if open_alert is None:
            _consider_raising(connection, alert_state, key, measure, limits, now)
        else:
            _consider_clearing(connection, alert_state, open_alert, measure, limits, now)
    _restart_holds(connection, alert_state, measured)
    if alert_state.held:
        connection.execute(_UPDATE_HELD, alert_state.held)
    record_changes(connection, alert_state.cleared)
    return _insert_alerts(connection, alert_state.raising, now) + alert_state.events


def _paused(connection: Connection, now: datetime, longest_pause: timedelta) -> bool:
    """Whether the last evaluation is too long ago; records this one."""
    rows = alert_evaluations
    before = connection.execute(select(rows.c.evaluated_at)).scalar()
    new = insert(connection.dialect.name, rows).values(id=1, evaluated_at=now)
    update_row = new.on_conflict_do_update(index_elements=["id"], set_={"evaluated_at": now})
    connection.execute(update_row)
    return before is not None and now - before > longest_pause


def _restart_holds(connection: Connection, alert_state: _AlertState, measured: Set[Key]) -> None:
    """Restart the hold times of conditions without a measure, before raising and before clearing.

    A condition whose alert was closed by hand stays closed until a measure says that it is over.
    """
    for key, hold in alert_state.holds.items():
        if key not in measured and hold.state == HoldState.PENDING:
            delete_hold(connection, key)
    for key, alert in alert_state.open_alert.items():
        if key not in measured and alert.clearing_since_at is not None:
            update_alert(connection, alert.id, clearing_since_at=None)


def hold_clear(limits: AlertThresholds, raised_recently: int) -> timedelta:
    """How long a condition must be over: four times longer with each alert of the last day."""
    factor: int = HOLD_FACTOR ** min(max(0, raised_recently - 1), 10)
    return min(limits.hold_clear * factor, max(LONGEST_HOLD, limits.hold_clear))


def _consider_raising(
    connection: Connection,
    alert_state: _AlertState,
    key: Key,
    measure: Measure,
    limits: AlertThresholds,
    now: datetime,
) -> None:
    hold = alert_state.holds.get(key)
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
        alert_state.raising.append(measure)
    elif hold is None:
        write_hold(connection, key, HoldState.PENDING, now)


def _consider_clearing(
    connection: Connection,
    alert_state: _AlertState,
    open_alert: Row[Any],
    measure: Measure,
    limits: AlertThresholds,
    now: datetime,
) -> None:
    if measure.value >= limits.clear_at:
        values = {"held_at": now, "held_value": measure.value, "held_message": measure.message}
        alert_state.held.append({"number": open_alert.id, **values})
        return
    since_at = open_alert.clearing_since_at or now
    key = (open_alert.kind, open_alert.location, open_alert.device)
    if now - since_at >= hold_clear(limits, alert_state.raised_recently.get(key, 0)):
        update_alert(connection, open_alert.id, cleared_at=now)
        cleared = record_of(open_alert, RecordedChange.CLEARED, now, measure.value)
        alert_state.cleared.append(cleared)
        alert_state.events.append(make_event(open_alert, AlertChange.CLEARED, now))
    elif open_alert.clearing_since_at is None:
        update_alert(connection, open_alert.id, clearing_since_at=now)


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
    """Store the hold of a condition that has no open alert."""
    kind, location, device = key
    values = {"state": str(state), "since_at": now}
    new = insert(connection.dialect.name, alert_holds).values(
        kind=kind, location=location, device=device, **values
    )
    connection.execute(
        new.on_conflict_do_update(index_elements=["kind", "location", "device"], set_=values)
    )


def delete_hold(connection: Connection, key: Key) -> None:
    """Delete the hold of a condition that is over or raised."""
    cells = alert_holds.c
    kind, location, device = key
    found = (cells.kind == kind) & (cells.location == location) & (cells.device == device)
    connection.execute(delete(alert_holds).where(found))


def _load_state(connection: Connection, now: datetime) -> _AlertState:
    cells = alerts.c
    recent = connection.execute(
        select(cells.kind, cells.location, cells.device, func.count())
        .where(cells.raised_at > now - RETURN_PERIOD)
        .group_by(cells.kind, cells.location, cells.device)
    )
    return _AlertState(
        {(row.kind, row.location, row.device): row for row in read_open_alerts(connection)},
        {
            (row.kind, row.location, row.device): row
            for row in connection.execute(select(alert_holds))
        },
        {(kind, location, device): count for kind, location, device, count in recent},
    )


def _insert_alerts(
    connection: Connection, measures: Sequence[Measure], now: datetime
) -> list[AlertEvent]:
    """Insert alerts, one for each key, whatever other processes insert."""
    if not measures:
        return []
    rows: dict[Key, dict[str, Any]] = {
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
    raised = [
        AlertRecord(
            number, kind, location, device, RecordedChange.RAISED, now,
            rows[kind, location, device]["value"],
        )
        for number, kind, location, device in sorted(found)
    ]  # fmt: skip
    record_changes(connection, raised)
    return [
        AlertEvent(one.alert, AlertChange.RAISED, one.kind, one.location, one.device, now)
        for one in raised
    ]


_UPDATE_HELD: Final = (
    update(alerts)
    .where(alerts.c.id == bindparam("number"))
    .values(
        last_held_at=bindparam("held_at", type_=Instant),
        value=bindparam("held_value"),
        message=bindparam("held_message"),
        clearing_since_at=None,
    )
)
