"""Add heartbeats by device and hour."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0032"
down_revision: Final = "0031"

NAME: Final = sa.String(63)
REQUIRED: Final = (
    "heartbeats", "streaming", "paused", "poor_connection", "least_uptime_ms",
    "most_outbox_reports", "most_rss_bytes",
)  # fmt: skip
OPTIONAL: Final = (
    "least_frames_milli_hz", "least_disk_free_bytes", "most_outbox_bytes", "most_clock_error_ms",
    "most_temperature_milli_c",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "device_hours",
        sa.Column("location", NAME, primary_key=True),
        sa.Column("device", NAME, primary_key=True),
        sa.Column("hour_at", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("first_at", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in REQUIRED),
        *(sa.Column(name, sa.BigInteger) for name in OPTIONAL),
        sa.Column("agent_version", sa.String(64), nullable=False),
        sa.Column("landed_heartbeats", sa.BigInteger, nullable=False, server_default="0"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_device_hours_hour_at", "device_hours", ["hour_at"])
    if op.get_bind().dialect.name == "postgresql":  # a row is updated with every heartbeat
        op.execute("ALTER TABLE device_hours SET (fillfactor = 70)")
