"""Add sequence numbers that were acknowledged and whose reports were lost."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0002"
down_revision: Final = "0001"


def upgrade() -> None:
    op.create_table(
        "losses",
        sa.Column("device", sa.String(63), primary_key=True),
        sa.Column("journal", sa.String(16), primary_key=True),
        sa.Column("first_sequence", sa.BigInteger, primary_key=True),
        sa.Column("last_sequence", sa.BigInteger, nullable=False),
        sa.Column("location", sa.String(63), nullable=False),
        sa.Column("noticed_at", sa.BigInteger, nullable=False),
    )
