"""Add sums of hours by creative, counted from now on."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0034"
down_revision: Final = "0033"

NAME: Final = sa.String(63)
SUMS: Final = ("plays", "observed_ms", "person_ms", "facing_ms", "looking_ms", "unsure_ms")


def upgrade() -> None:
    op.create_table(
        "hour_creatives",
        sa.Column("location", NAME, primary_key=True),
        sa.Column("hour_at", sa.BigInteger, primary_key=True),
        sa.Column("device", NAME, primary_key=True),
        sa.Column("creative", sa.String(64), primary_key=True),
        *(sa.Column(name, sa.BigInteger, nullable=False, server_default="0") for name in SUMS),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_hour_creatives_hour_at", "hour_creatives", ["hour_at"])
