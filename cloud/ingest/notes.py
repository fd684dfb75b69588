"""News of devices: the latest heartbeat and presence of each, and the history of alarms.

The latest is told by the device's own clock where there is one, so late news overwrite nothing.
Of a batch only the latest of each device is written, all devices in one statement and in one order,
so that two consumers cannot lock each other out: every camera sends a heartbeat as often as a
report, and it may not cost more.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Insert, or_

from cloud.database import alarms, device_states, insert, microseconds, run_many
from cloud.ingest.judge import Note
from cloud.ingest.letters import printable
from wire.health import Alarm, Heartbeat, Status

Latest = dict[tuple[str, str], tuple[int, tuple[Any, ...]]]
"""Location and device → the device's clock, and the values to write."""

BEAT: Final = ("heartbeat_at", "heartbeat_received_at", "heartbeat")
PRESENCE: Final = ("presence", "presence_at")
ALARM: Final = ("location", "device", "kind", "state", "at", "message", "received_at")


def keep(connection: Connection, notes: Iterable[Note], now: datetime) -> None:
    """Write what the notes say."""
    now_us = microseconds(now)
    beats: Latest = {}
    words: Latest = {}
    raised: dict[tuple[str, str, str, str, int], tuple[str, int]] = {}
    for note in notes:
        where = (note.address.location, note.address.device)
        match note.about:
            case Heartbeat() as beat:
                body = msgspec.json.encode(beat).decode()
                sent_us = microseconds(beat.sent_at)
                _hold(beats, where, sent_us, (sent_us, now_us, body))
            case Status() as status:
                since_us = microseconds(status.since or now)
                _hold(words, where, since_us, (str(status.presence), since_us))
            case Alarm() as alarm:
                kind, message = printable(alarm.kind), printable(alarm.message)
                which = (*where, kind, str(alarm.state), microseconds(alarm.at))
                raised.setdefault(which, (message, now_us))
    _write(connection, "heartbeat_at", BEAT, beats)
    _write(connection, "presence_at", PRESENCE, words)
    rows = [(*which, *said) for which, said in sorted(raised.items())]
    run_many(connection, _unheard(connection.dialect.name), ALARM, rows)


def _hold(held: Latest, where: tuple[str, str], clock: int, values: tuple[Any, ...]) -> None:
    if where not in held or held[where][0] <= clock:
        held[where] = (clock, values)


def _write(connection: Connection, clock: str, names: tuple[str, ...], held: Latest) -> None:
    rows = [(*where, *values) for where, (_, values) in sorted(held.items())]
    into = _newest(connection.dialect.name, clock, names)
    run_many(connection, into, ("location", "device", *names), rows)


@cache
def _newest(dialect: str, clock: str, names: tuple[str, ...]) -> Insert:
    into = insert(dialect, device_states)
    held = device_states.c[clock]
    return into.on_conflict_do_update(
        index_elements=["location", "device"],
        set_={name: into.excluded[name] for name in names},
        where=or_(held.is_(None), held <= into.excluded[clock]),
    )


@cache
def _unheard(dialect: str) -> Insert:
    return insert(dialect, alarms).on_conflict_do_nothing()
