"""Hour sums of each venue type over its locations, so that queries over all locations are fast.

They are written with the hours of the locations, in one transaction. Concurrent consumers would all
wait for the one row of the hour, so each writes to a lane of its own; readers add the lanes. No
transaction may count while a location moves to another venue type, because its sums move with it:
the locks of `lock_for_counting` and `lock_for_moving` exclude each other.
"""

from typing import Final

from sqlalchemy import BigInteger, Column, Connection, Integer, String, Table, text

from cloud.database.audience import SUMS, sum_columns
from cloud.database.columns import metadata

LANES: Final = 4
MOVING_LOCK: Final = 7_305_812
"""Key of PostgreSQL's advisory lock; arbitrary."""
UNKNOWN: Final = "unknown"
"""The venue type of a location that the sites file does not list yet."""

venue_hours = Table(
    "venue_hours",
    metadata,
    Column("hour_at", BigInteger, primary_key=True),  # seconds since 1970, a multiple of 3600
    Column("venue_type", String(64), primary_key=True),
    Column("lane", Integer, primary_key=True),
    *sum_columns(*SUMS, "peak"),
    sqlite_with_rowid=False,
)

venue_demographics = Table(
    "venue_demographics",
    metadata,
    Column("hour_at", BigInteger, primary_key=True),
    Column("venue_type", String(64), primary_key=True),
    Column("age", String(16), primary_key=True),
    Column("gender", String(16), primary_key=True),
    Column("lane", Integer, primary_key=True),
    *sum_columns("visits", "onlookers"),
    sqlite_with_rowid=False,
)


def lock_for_counting(connection: Connection) -> int:
    """Prevent moves of locations until this transaction ends; returns the lane to write to.

    Call it before the first report is written: `ReportFollower` looks for holders of this lock.
    """
    if connection.dialect.name != "postgresql":
        return 0  # SQLite has a single writer
    lock = f"SELECT pg_backend_pid() % {LANES}, pg_advisory_xact_lock_shared({MOVING_LOCK})"
    lane: int = connection.execute(text(lock)).one()[0]
    return lane


def lock_for_moving(connection: Connection) -> None:
    """Wait for counting transactions, and block new ones until this transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({MOVING_LOCK})"))
