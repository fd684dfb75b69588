"""Rename tables and columns to the terms of docs/glossary.md; all rows are preserved."""

from typing import Final

from alembic import op

revision: Final = "0021"
down_revision: Final = "0018"

COLUMNS: Final = (
    ("journals", "journal", "stream_id"),
    ("journals", "islands", "received_ranges"),
    ("journals", "settled_at", "acknowledged_at"),
    ("reports", "journal", "stream_id"),
    ("losses", "journal", "stream_id"),
    ("dead_letters", "journal", "stream_id"),
    ("alerts", "seen_at", "last_held_at"),
    ("notices", "told_at", "sent_at"),
    ("notices", "tries", "attempts"),
)
TABLES: Final = (
    ("journals", "report_streams"),
    ("losses", "lost_sequences"),
    ("places", "location_venues"),
    ("touched", "location_updates"),
    ("checkpoints", "stream_positions"),
    ("device_states", "device_status"),
    ("alarms", "device_alarms"),
    ("notices", "alert_notifications"),
    ("recipient_states", "recipient_status"),
)
KINDS: Final = (("camera.silent", "camera.offline"), ("camera.blind", "camera.unobserved"))


def upgrade() -> None:
    for table, old, new in COLUMNS:  # both databases understand this; Alembic rebuilds on SQLite
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
    op.drop_index("ix_touched_changed_at", "touched")
    for old, new in TABLES:
        op.rename_table(old, new)
    op.create_index("ix_location_updates_changed_at", "location_updates", ["changed_at"])
    for table in ("alerts", "alert_holds"):
        for old, new in KINDS:
            op.execute(f"UPDATE {table} SET kind = '{new}' WHERE kind = '{old}'")  # noqa: S608
