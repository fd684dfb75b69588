"""Add a row for each change of an alert, with the changes of the alerts that there are."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0030"
down_revision: Final = "0029"

NUMBER: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")
NAME: Final = sa.String(63)
EARLIER: Final = """
INSERT INTO alert_changes (alert, kind, location, device, change, changed_at, value)
SELECT id, kind, location, device, change, changed_at, value FROM (
    SELECT id, kind, location, device, value, 1 AS step, 'raised' AS change,
        raised_at AS changed_at FROM alerts
    UNION ALL
    SELECT id, kind, location, device, value, 2, 'acknowledged', acknowledged_at FROM alerts
    WHERE acknowledged_at IS NOT NULL
    UNION ALL
    SELECT id, kind, location, device, value, 3,
        CASE WHEN closed_by IS NULL THEN 'cleared' ELSE 'closed' END, cleared_at FROM alerts
    WHERE cleared_at IS NOT NULL
) AS changes
ORDER BY changed_at, id, step
"""
"""The value is the last one that held: earlier ones are not stored."""


def upgrade() -> None:
    op.create_table(
        "alert_changes",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("alert", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("location", NAME, nullable=False),
        sa.Column("device", NAME, nullable=False),
        sa.Column("change", sa.String(16), nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("value", sa.Float, nullable=False),
        sa.UniqueConstraint("alert", "change", name="uq_alert_changes_identity"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alert_changes_changed_at", "alert_changes", ["changed_at"])
    op.execute(EARLIER)
