"""The table of heartbeats by device and hour: what the operation of the fleet needs over time.

A row is written with the heartbeats of its hour, in their transaction. Its number of heartbeats
grows with every change, so it is the version of the row.
"""

from typing import Final

from sqlalchemy import BigInteger, Column, ColumnElement, Index, String, Table

from cloud.database.columns import NAME, Instant, metadata

COUNTED: Final = ("heartbeats", "streaming", "paused", "poor_connection")
LEAST: Final = ("uptime_ms", "frames_milli_hz", "disk_free_bytes")
MOST: Final = ("outbox_reports", "outbox_bytes", "rss_bytes", "clock_error_ms",
               "temperature_milli_c")  # fmt: skip
UNKNOWN: Final = ("frames_milli_hz", "disk_free_bytes", "outbox_bytes", "clock_error_ms",
                  "temperature_milli_c")  # fmt: skip
"""Null where no heartbeat of the hour had it."""


def _extremes() -> list[Column[int]]:
    named = [(f"least_{name}", name) for name in LEAST] + [(f"most_{name}", name) for name in MOST]
    return [Column(column, BigInteger, nullable=name in UNKNOWN) for column, name in named]


device_hours = Table(
    "device_hours",
    metadata,
    Column("location", NAME, primary_key=True),
    Column("device", NAME, primary_key=True),
    Column("hour_at", Instant, primary_key=True, autoincrement=False),  # UTC, by the device's clock
    Column("first_at", Instant, nullable=False),  # of its heartbeats, by the device's clock
    Column("last_at", Instant, nullable=False),
    *(Column(name, BigInteger, nullable=False) for name in COUNTED),
    *_extremes(),
    Column("agent_version", String(64), nullable=False),  # of the last heartbeat
    Column("landed_heartbeats", BigInteger, nullable=False, server_default="0"),  # in the lake
    Index("ix_device_hours_hour_at", "hour_at"),
    sqlite_with_rowid=False,
)


def is_hour_landed() -> ColumnElement[bool]:
    """The rows whose heartbeats are all in the lake."""
    return device_hours.c.heartbeats == device_hours.c.landed_heartbeats
