"""Hours of each venue type: sums over its places, so that an estate is answered without reading it.

They are written with the hours of the places, in one transaction, and never behind them. Consumers
side by side would all wait for the one row of the hour, so each writes to a lane of its own; what
is read is the sum over the lanes. Whoever counts must hold still while a place moves to another
venue type, because its sums move with it: `counting` and `moving` exclude each other.
"""

from typing import Final

from sqlalchemy import BigInteger, Column, Connection, Integer, String, Table, text

from cloud.database.audience import SUMS, sum_columns
from cloud.database.columns import metadata

LANES: Final = 4
MOVING_LOCK: Final = 7_305_812
"""Of PostgreSQL's advisory lock: any number, as long as it is ours."""
UNKNOWN: Final = "unknown"
"""The venue type of a place that the estate has not named yet."""

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
    """Let no place move until this transaction ends; the lane to write to.

    It comes before the first report is written: who follows the reports looks for those who count.
    """
    if connection.dialect.name != "postgresql":
        return 0  # who writes to SQLite is alone
    lock = f"SELECT pg_backend_pid() % {LANES}, pg_advisory_xact_lock_shared({MOVING_LOCK})"
    lane: int = connection.execute(text(lock)).one()[0]
    return lane


def lock_for_moving(connection: Connection) -> None:
    """Wait for those who count, and let nobody count until this transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({MOVING_LOCK})"))
