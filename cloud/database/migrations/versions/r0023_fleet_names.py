"""Rename the fleet's tables and columns: devices, groups, the allow-list, notified jobs."""

from typing import Final

from alembic import op

revision: Final = "0023"
down_revision: Final = "0022"

TABLES: Final = (
    ("things", "devices"),
    ("thing_groups", "device_groups"),
    ("roster", "enrolment_allow_list"),
)
COLUMNS: Final = (
    ("device_groups", "thing", "device"),
    ("shadows", "thing", "device"),
    ("job_executions", "thing", "device"),
    ("fleet_audit", "thing", "device"),
    ("jobs", "told", "notified"),
    ("enrolments", "settled_at", "closed_at"),
)
INDEXES: Final = (
    ("ix_things_location", "ix_devices_location", "devices", ["location"]),
    ("ix_thing_groups_thing", "ix_device_groups_device", "device_groups", ["device"]),
    ("ix_fleet_audit_thing", "ix_fleet_audit_device", "fleet_audit", ["device", "id"]),
)
EXECUTION_BODIES: Final = (
    """UPDATE job_executions SET body = replace(body, '"thing":', '"device":')"""
)
"""A quote inside a value is escaped in JSON, so only the key itself matches."""


def upgrade() -> None:
    for old, new in TABLES:
        op.rename_table(old, new)
    for table, old, new in COLUMNS:  # the same statement in SQLite and PostgreSQL
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
    for old, new, table, columns in INDEXES:
        op.drop_index(old, table)
        op.create_index(new, table, columns)
    op.execute(EXECUTION_BODIES)
