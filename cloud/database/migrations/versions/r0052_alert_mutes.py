"""Add mutes of alerts."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0052"
down_revision: Final = "0051"

NAME: Final = sa.String(63)
NUMBER: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "alert_mutes",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("location", NAME, nullable=False),
        sa.Column("device", NAME, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.String(120), nullable=False),
        sa.Column("until_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("ended_by", sa.String(120)),
    )
    op.create_index("ix_alert_mutes_until_at", "alert_mutes", ["until_at"])
