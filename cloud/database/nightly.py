"""Tables of the nightly run: runs, their steps, and the lock."""

from typing import Final

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Integer, String, Table, Text

from cloud.database.columns import NUMBER, Instant, metadata

STATUS: Final = String(16)

nightly_runs = Table(
    "nightly_runs",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("first_on", Date),  # days that are built anew; null: only changed days
    Column("last_on", Date),
    Column("status", STATUS, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
)

nightly_steps = Table(
    "nightly_steps",
    metadata,
    Column("run_id", NUMBER, ForeignKey("nightly_runs.id"), primary_key=True),
    Column("name", String(63), primary_key=True),
    Column("status", STATUS, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("rows", BigInteger),
    Column("notes", Text, nullable=False),  # the error, or what was left out
)

nightly_lock = Table(
    "nightly_lock",  # one row while a run has the lock; on PostgreSQL it only names the owner
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("host", String(255), nullable=False),
    Column("process", BigInteger, nullable=False),
    Column("user_name", String(255), nullable=False),
    Column("acquired_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
)
