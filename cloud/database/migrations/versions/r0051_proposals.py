"""Add proposals that sales offers to accounts."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0051"
down_revision: Final = "0050"


def upgrade() -> None:
    op.create_table(
        "proposals",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("account", sa.String(40), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("note", sa.String(500)),
        sa.Column("quote", sa.String(32), nullable=False),
        sa.Column("plan", sa.String(32)),
        sa.Column("total_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("slot_count", sa.Integer, nullable=False),
        sa.Column("offered_by", sa.String(120), nullable=False),
        sa.Column("offered_at", sa.BigInteger, nullable=False),
        sa.Column("valid_until", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("decided_by", sa.String(120)),
        sa.Column("decided_at", sa.BigInteger),
        sa.Column("reason", sa.String(200)),
        sa.Column("order_id", sa.String(32)),
    )
    op.create_index("ix_proposals_account", "proposals", ["account", "offered_at"])
    op.create_index("ix_proposals_offered_at", "proposals", ["offered_at", "id"])
