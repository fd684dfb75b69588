"""Write device messages: the latest heartbeat and presence of each device, and the alarm history.

"Latest" is by the device's own clock, so a delayed message overwrites nothing. A clock that ran
ahead of the cloud's is not trusted: what it dated is replaced by any later message. A batch writes
only the latest heartbeat of each device, all devices in one statement and in one order, so that two
consumers cannot deadlock: cameras send heartbeats as often as reports.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

import msgspec
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Insert,
    literal_column,
    or_,
    type_coerce,
)

from cloud.database import device_alarms, device_status, insert, microseconds, run_many
from cloud.ingest.dead_letters import printable
from cloud.ingest.validate import FURTHEST_AHEAD, DeviceMessage
from wire.health import Alarm, Heartbeat, PresenceStatus

Latest = dict[tuple[str, str], tuple[int, tuple[Any, ...]]]
"""(location, device) -> (time by the device's clock, values to write)."""

AHEAD_US: Final = FURTHEST_AHEAD // timedelta(microseconds=1)
HEARTBEAT_COLUMNS: Final = ("heartbeat_at", "heartbeat_received_at", "heartbeat")
PRESENCE_COLUMNS: Final = ("presence", "presence_at")
ALARM_COLUMNS: Final = ("location", "device", "kind", "state", "at", "message", "received_at")


def write_device_messages(
    connection: Connection, messages: Iterable[DeviceMessage], now: datetime
) -> None:
    """Write heartbeats, presences and alarms."""
    now_us, latest_us = microseconds(now), microseconds(now + FURTHEST_AHEAD)
    heartbeats: Latest = {}
    presences: Latest = {}
    alarms: dict[tuple[str, str, str, str, int], tuple[str, int]] = {}
    for received in messages:
        where = (received.address.location, received.address.device)
        match received.about:
            case Heartbeat() as heartbeat:
                body = msgspec.json.encode(heartbeat).decode()
                sent_us = microseconds(heartbeat.sent_at)
                _keep_latest(heartbeats, where, sent_us, latest_us, (sent_us, now_us, body))
            case PresenceStatus() as status:
                since_us = min(microseconds(status.since or now), now_us)
                _keep_latest(
                    presences, where, since_us, latest_us, (str(status.presence), since_us)
                )
            case Alarm() as alarm:
                kind, message = printable(alarm.kind), printable(alarm.message)
                which = (*where, kind, str(alarm.state), microseconds(alarm.at))
                alarms.setdefault(which, (message, now_us))
    _write(connection, "heartbeat_at", HEARTBEAT_COLUMNS, heartbeats)
    _write(connection, "presence_at", PRESENCE_COLUMNS, presences)
    rows = [(*which, *said) for which, said in sorted(alarms.items())]
    run_many(connection, _insert_alarms(connection.dialect.name), ALARM_COLUMNS, rows)


def _keep_latest(
    latest_of: Latest, where: tuple[str, str], clock: int, latest: int, values: tuple[Any, ...]
) -> None:
    if where not in latest_of or latest_of[where][0] <= clock or latest_of[where][0] > latest:
        latest_of[where] = (clock, values)


def _write(connection: Connection, clock: str, names: tuple[str, ...], latest_of: Latest) -> None:
    rows = [(*where, *values) for where, (_, values) in sorted(latest_of.items())]
    into = _upsert_newest(connection.dialect.name, clock, names)
    run_many(connection, into, ("location", "device", *names), rows)


@cache
def _upsert_newest(dialect: str, clock: str, names: tuple[str, ...]) -> Insert:
    into = insert(dialect, device_status)
    latest_of = type_coerce(device_status.c[clock], BigInteger)
    received = type_coerce(device_status.c.heartbeat_received_at, BigInteger)
    older = or_(latest_of.is_(None), latest_of <= type_coerce(into.excluded[clock], BigInteger))
    if clock == "heartbeat_at":
        ahead_us: ColumnElement[int] = literal_column(str(AHEAD_US), BigInteger)
        older = or_(older, latest_of > received + ahead_us)
    return into.on_conflict_do_update(
        index_elements=["location", "device"],
        set_={name: into.excluded[name] for name in names},
        where=older,
    )


@cache
def _insert_alarms(dialect: str) -> Insert:
    return insert(dialect, device_alarms).on_conflict_do_nothing()
