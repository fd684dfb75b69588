"""Add heartbeats to the row of their device and hour.

The hour is that of the device's clock, so heartbeats that arrive late change an earlier hour. A
clock that is far from the cloud's is not trusted: those heartbeats belong to the hour of receipt. A
heartbeat counts when it is later than the last one of its hour, so one that arrives again changes
nothing. A batch writes all devices in one statement and in one order, so that two consumers cannot
deadlock.
"""

from collections.abc import Iterable
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
LAST: Final = COLUMNS.index("last_at")

Row = list[Any]


def write_device_hours(
    connection: Connection, messages: Iterable[DeviceMessage], now: datetime
) -> None:
    """Add the heartbeats among the messages."""
    earliest, latest = microseconds(now - LONGEST_DELAY), microseconds(now + FURTHEST_AHEAD)
    rows: dict[tuple[str, str, int], Row] = {}
    for received in messages:
        heartbeat = received.about
        if not isinstance(heartbeat, Heartbeat):
            continue
        sent_us = microseconds(heartbeat.sent_at)
        at_us = sent_us if earliest <= sent_us <= latest else microseconds(now)
        key = (received.address.location, received.address.device, at_us // HOUR_US * HOUR_US)
        row = _to_row(key, at_us, heartbeat)
        rows[key] = _merge(rows[key], row) if key in rows else row
    found = [tuple(row) for _, row in sorted(rows.items())]
    run_many(connection, _adding_upsert(connection.dialect.name), COLUMNS, found)


def _to_row(key: tuple[str, str, int], at_us: int, heartbeat: Heartbeat) -> Row:
    figures = heartbeat.figures or None
    clock_ahead_ms = figures.clock_ahead_ms if figures else None
    return [
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
    ]


def _merge(row: Row, later: Row) -> Row:
    """The row of both, as the database merges them."""
    if later[LAST] <= row[LAST]:
        return row
    return [
        _MERGE[name](*values) for name, *values in zip(COLUMNS, row, later, strict=True)
    ]  # fmt: skip


def _add(one: int, other: int) -> int:
    return one + other


def _least(one: int | None, other: int | None) -> int | None:
    return min((value for value in (one, other) if value is not None), default=None)


def _most(one: int | None, other: int | None) -> int | None:
    return max((value for value in (one, other) if value is not None), default=None)


def _later(one: Any, other: Any) -> Any:
    return other


_MERGE: Final = (
    dict.fromkeys(COLUMNS, _later)
    | dict.fromkeys(COUNTED, _add)
    | dict.fromkeys(["first_at", *(f"least_{name}" for name in LEAST)], _least)
    | dict.fromkeys([f"most_{name}" for name in MOST], _most)
)


@cache
def _adding_upsert(dialect: str) -> Insert:
    into = insert(dialect, device_hours)
    greatest, least = (func.max, func.min) if dialect == "sqlite" else (func.greatest, func.least)
    changes: dict[str, Any] = {}
    for name in COLUMNS[len(KEY) :]:
        stored, added = device_hours.c[name], into.excluded[name]
        if _MERGE[name] is _add:
            changes[name] = stored + added
        elif _MERGE[name] is _later:
            changes[name] = added
        else:  # SQLite's are null when one value is, PostgreSQL's ignore it
            extreme = greatest if _MERGE[name] is _most else least
            changes[name] = func.coalesce(extreme(stored, added), stored, added)
    return into.on_conflict_do_update(
        index_elements=list(KEY),
        set_=changes,
        where=into.excluded.last_at > device_hours.c.last_at,
    )
