"""Add heartbeats to the row of their device and hour.

The hour is that of the device's clock, so heartbeats that arrive late change an earlier hour. A
clock that is far from the cloud's is not trusted: those heartbeats belong to the hour of receipt. A
heartbeat counts when it is later than the last one of its hour, so one that arrives again changes
nothing. A batch writes all devices in one statement and in one order, so that two consumers cannot
deadlock; heartbeats of the same device and hour follow in statements of their own, because each is
compared with the stored row.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Insert, func

from cloud.database import insert, microseconds, run_many
from cloud.database.heartbeats import COUNTED, LEAST, MOST, device_hours
from cloud.ingest.dead_letters import printable
from cloud.ingest.validate import FURTHEST_AHEAD, DeviceMessage
from wire.health import CaptureState, Heartbeat
from wire.health import Connection as VideoConnection

LONGEST_DELAY: Final = timedelta(days=2)
"""A heartbeat that is older by its own time was sent with a wrong clock: devices store none."""
HOUR_US: Final = timedelta(hours=1) // timedelta(microseconds=1)
POOR: Final = (VideoConnection.POOR, VideoConnection.UNUSABLE)
COLUMNS: Final = (
    "location", "device", "hour_at", "first_at", "last_at", *COUNTED,
    *(f"least_{name}" for name in LEAST), *(f"most_{name}" for name in MOST), "agent_version",
)  # fmt: skip
KEY: Final = ("location", "device", "hour_at")

Row = tuple[Any, ...]


def write_device_hours(
    connection: Connection, messages: Iterable[DeviceMessage], now: datetime
) -> None:
    """Add the heartbeats among the messages."""
    earliest, latest = microseconds(now - LONGEST_DELAY), microseconds(now + FURTHEST_AHEAD)
    rows: dict[tuple[str, str, int], dict[int, Row]] = defaultdict(dict)
    for received in messages:
        heartbeat = received.about
        if not isinstance(heartbeat, Heartbeat):
            continue
        sent_us = microseconds(heartbeat.sent_at)
        at_us = sent_us if earliest <= sent_us <= latest else microseconds(now)
        key = (received.address.location, received.address.device, at_us // HOUR_US * HOUR_US)
        rows[key].setdefault(at_us, _to_row(key, at_us, heartbeat))
    upsert = _adding_upsert(connection.dialect.name)
    for statement in _list_statements(rows):
        run_many(connection, upsert, COLUMNS, statement)


def _list_statements(rows: Mapping[tuple[str, str, int], Mapping[int, Row]]) -> Iterator[list[Row]]:
    """The rows of each statement, which has a device and hour at most once, earliest first."""
    in_order = [[row for _, row in sorted(some.items())] for _, some in sorted(rows.items())]
    for number in range(max(map(len, in_order), default=0)):
        yield [some[number] for some in in_order if number < len(some)]


def _to_row(key: tuple[str, str, int], at_us: int, heartbeat: Heartbeat) -> Row:
    figures = heartbeat.figures or None
    clock_ahead_ms = figures.clock_ahead_ms if figures else None
    return (
        *key,
        at_us,
        at_us,
        1,
        int(heartbeat.capture is CaptureState.STREAMING),
        int(heartbeat.capture is CaptureState.PAUSED),
        int(figures is not None and figures.connection in POOR),
        heartbeat.uptime_ms,
        figures.frames_milli_hz if figures else None,
        figures.disk_free_bytes if figures else None,
        heartbeat.outbox_reports,
        figures.outbox_bytes if figures else None,
        heartbeat.rss_bytes,
        None if clock_ahead_ms is None else abs(clock_ahead_ms),
        figures.temperature_milli_c if figures else None,
        agent if (agent := heartbeat.versions.agent).isprintable() else printable(agent),
    )


@cache
def _adding_upsert(dialect: str) -> Insert:
    into = insert(dialect, device_hours)
    greatest, least = (func.max, func.min) if dialect == "sqlite" else (func.greatest, func.least)
    changes: dict[str, Any] = {}
    for name in COLUMNS[len(KEY) :]:
        stored, added = device_hours.c[name], into.excluded[name]
        if name in COUNTED:
            changes[name] = stored + added
        elif name.startswith(("least_", "most_")):
            extreme = least if name.startswith("least_") else greatest
            # SQLite's are null when one value is, PostgreSQL's ignore it
            changes[name] = func.coalesce(extreme(stored, added), stored, added)
        elif name != "first_at":
            changes[name] = added
    return into.on_conflict_do_update(
        index_elements=list(KEY),
        set_=changes,
        where=into.excluded.last_at > device_hours.c.last_at,
    )
