"""Add rate cards that take effect while programs run."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0009"
down_revision: Final = "0008"


def upgrade() -> None:
    op.create_table(
        "rate_cards",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("version", sa.String(40), nullable=False),
        sa.Column("digest", sa.String(12), nullable=False),
        sa.Column("from_at", sa.BigInteger, nullable=False),
        sa.Column("put_at", sa.BigInteger, nullable=False),
        sa.Column("put_by", sa.String(120), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
