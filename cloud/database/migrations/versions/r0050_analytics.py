"""Add saved views, their schedules and the reports that were sent."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0050"
down_revision: Final = "0047"

ID: Final = sa.String(32)


def upgrade() -> None:
    op.create_table(
        "saved_views",
        sa.Column("id", ID, primary_key=True),
        sa.Column("owner", sa.String(120), nullable=False),
        sa.Column("account", sa.String(40), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("page", sa.String(20), nullable=False),
        sa.Column("query", sa.String(1_000), nullable=False),
        sa.Column("shared", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_saved_views_owner", "saved_views", ["owner", "name"])
    op.create_index("ix_saved_views_account", "saved_views", ["account", "shared"])
    op.create_table(
        "report_schedules",
        sa.Column("id", ID, primary_key=True),
        sa.Column("view", ID, nullable=False),
        sa.Column("user", ID, nullable=False),
        sa.Column("every", sa.String(8), nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("hour", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_index("uq_report_schedules_view", "report_schedules", ["view", "user"], unique=True)
    op.create_index("ix_report_schedules_user", "report_schedules", ["user"])
    op.create_table(
        "sent_reports",
        sa.Column("id", ID, primary_key=True),
        sa.Column("schedule", ID, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )
    op.create_index("ix_sent_reports_due_at", "sent_reports", ["due_at"])
