"""News of devices: the latest heartbeat and presence of each, and the history of alarms.

The latest is told by the device's own clock where there is one, so late news overwrite nothing. A
clock that ran ahead of the cloud's is not believed in that: what it dated gives way to all else.
Of a batch only the latest of each device is written, all devices in one statement and in one order,
so that two consumers cannot lock each other out: every camera sends a heartbeat as often as a
report, and it may not cost more.
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
from wire.health import Alarm, Heartbeat, Status

Latest = dict[tuple[str, str], tuple[int, tuple[Any, ...]]]
"""Location and device → the device's clock, and the values to write."""

AHEAD_US: Final = FURTHEST_AHEAD // timedelta(microseconds=1)
BEAT: Final = ("heartbeat_at", "heartbeat_received_at", "heartbeat")
PRESENCE: Final = ("presence", "presence_at")
ALARM: Final = ("location", "device", "kind", "state", "at", "message", "received_at")


def write_device_messages(
    connection: Connection, notes: Iterable[DeviceMessage], now: datetime
) -> None:
    """Write what the notes say."""
    now_us, latest_us = microseconds(now), microseconds(now + FURTHEST_AHEAD)
    beats: Latest = {}
    words: Latest = {}
    raised: dict[tuple[str, str, str, str, int], tuple[str, int]] = {}
    for note in notes:
        where = (note.address.location, note.address.device)
        match note.about:
            case Heartbeat() as beat:
                body = msgspec.json.encode(beat).decode()
                sent_us = microseconds(beat.sent_at)
                _hold(beats, where, sent_us, latest_us, (sent_us, now_us, body))
            case Status() as status:
                since_us = min(microseconds(status.since or now), now_us)
                _hold(words, where, since_us, latest_us, (str(status.presence), since_us))
            case Alarm() as alarm:
                kind, message = printable(alarm.kind), printable(alarm.message)
                which = (*where, kind, str(alarm.state), microseconds(alarm.at))
                raised.setdefault(which, (message, now_us))
    _write(connection, "heartbeat_at", BEAT, beats)
    _write(connection, "presence_at", PRESENCE, words)
    rows = [(*which, *said) for which, said in sorted(raised.items())]
    run_many(connection, _unheard(connection.dialect.name), ALARM, rows)


def _hold(
    held: Latest, where: tuple[str, str], clock: int, latest: int, values: tuple[Any, ...]
) -> None:
    if where not in held or held[where][0] <= clock or held[where][0] > latest:
        held[where] = (clock, values)


def _write(connection: Connection, clock: str, names: tuple[str, ...], held: Latest) -> None:
    rows = [(*where, *values) for where, (_, values) in sorted(held.items())]
    into = _newest(connection.dialect.name, clock, names)
    run_many(connection, into, ("location", "device", *names), rows)


@cache
def _newest(dialect: str, clock: str, names: tuple[str, ...]) -> Insert:
    into = insert(dialect, device_status)
    held = type_coerce(device_status.c[clock], BigInteger)
    received = type_coerce(device_status.c.heartbeat_received_at, BigInteger)
    older = or_(held.is_(None), held <= type_coerce(into.excluded[clock], BigInteger))
    if clock == "heartbeat_at":
        ahead_us: ColumnElement[int] = literal_column(str(AHEAD_US), BigInteger)
        older = or_(older, held > received + ahead_us)
    return into.on_conflict_do_update(
        index_elements=["location", "device"],
        set_={name: into.excluded[name] for name in names},
        where=older,
    )


@cache
def _unheard(dialect: str) -> Insert:
    return insert(dialect, device_alarms).on_conflict_do_nothing()
