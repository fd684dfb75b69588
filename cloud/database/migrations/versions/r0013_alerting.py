"""Add acknowledged and closed alerts, hold times, and states of notifications and recipients."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0013"
down_revision: Final = "0015"

LAST_TRY: Final = 7  # of the former schedule: after more than that a notice was given up


def upgrade() -> None:
    _alerts()
    _notices()
    op.create_table(
        "alert_holds",
        sa.Column("kind", sa.String(64), primary_key=True),
        sa.Column("location", sa.String(63), primary_key=True),
        sa.Column("device", sa.String(63), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("since_at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "recipient_states",
        sa.Column("recipient", sa.String(64), primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("next_at", sa.BigInteger, nullable=False),
        sa.Column("failure", sa.Text, nullable=False),
        sa.Column("failed_at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )


def _alerts() -> None:
    for column in (
        sa.Column("clearing_since_at", sa.BigInteger),
        sa.Column("acknowledged_at", sa.BigInteger),
        sa.Column("acknowledged_by", sa.String(120)),
        sa.Column("acknowledged_note", sa.Text),
        sa.Column("closed_by", sa.String(120)),
        sa.Column("close_reason", sa.Text),
    ):
        op.add_column("alerts", column)


def _notices() -> None:
    for column in (
        sa.Column("state", sa.String(16), nullable=False, server_default="pending"),
        sa.Column("batch", sa.String(32)),
        sa.Column("leased_until_at", sa.BigInteger),
    ):
        op.add_column("notices", column)
    notices = sa.table("notices", *map(sa.column, ("state", "told_at", "tries")))
    told = notices.c.told_at.is_not(None)
    op.execute(notices.update().where(told).values(state="sent"))
    op.execute(notices.update().where(~told, notices.c.tries > LAST_TRY).values(state="given_up"))
    op.drop_index("ix_notices_told_at", "notices")
    op.create_index("ix_notices_state", "notices", ["state", "due_at"])
