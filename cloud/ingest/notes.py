"""News of devices: the latest heartbeat and presence of each, and the history of alarms.

The latest is told by the device's own clock where there is one, so late news overwrite nothing.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, or_

from cloud.database import alarms, device_states, insert
from cloud.ingest.judge import Note
from cloud.ingest.letters import printable
from wire.health import Alarm, Heartbeat, Status
from wire.topics import Address


def keep(connection: Connection, notes: Iterable[Note], now: datetime) -> None:
    """Write what the notes say."""
    for note in _in_one_order(notes):
        match note.about:
            case Heartbeat():
                _beat(connection, note.address, note.about, now)
            case Status():
                _presence(connection, note.address, note.about, now)
            case Alarm():
                _alarm(connection, note.address, note.about, now)


def _in_one_order(notes: Iterable[Note]) -> list[Note]:
    """By address, so that two consumers cannot lock each other out; stable within."""
    return sorted(notes, key=lambda note: (note.address.location, note.address.device))


def _beat(connection: Connection, address: Address, beat: Heartbeat, now: datetime) -> None:
    values = {
        "heartbeat_at": beat.sent_at,
        "heartbeat_received_at": now,
        "heartbeat": msgspec.json.encode(beat).decode(),
    }
    _newest(connection, address, values, clock="heartbeat_at")


def _presence(connection: Connection, address: Address, status: Status, now: datetime) -> None:
    values = {"presence": str(status.presence), "presence_at": status.since or now}
    _newest(connection, address, values, clock="presence_at")


def _newest(
    connection: Connection, address: Address, values: dict[str, Any], *, clock: str
) -> None:
    into = insert(connection.dialect.name, device_states).values(
        location=address.location, device=address.device, **values
    )
    held = device_states.c[clock]
    connection.execute(
        into.on_conflict_do_update(
            index_elements=["location", "device"],
            set_={name: into.excluded[name] for name in values},
            where=or_(held.is_(None), held <= into.excluded[clock]),
        )
    )


def _alarm(connection: Connection, address: Address, alarm: Alarm, now: datetime) -> None:
    connection.execute(
        insert(connection.dialect.name, alarms)
        .values(
            location=address.location,
            device=address.device,
            kind=printable(alarm.kind),
            state=str(alarm.state),
            at=alarm.at,
            message=printable(alarm.message),
            received_at=now,
        )
        .on_conflict_do_nothing()
    )
