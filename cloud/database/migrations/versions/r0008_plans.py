"""Add stored plans and the accounts that own them."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0008"
down_revision: Final = "0007"


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("account", sa.String(40), nullable=True))
    op.create_table(
        "kept_plans",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("account", sa.String(40), nullable=False),
        sa.Column("kept_by", sa.String(120), nullable=False),
        sa.Column("kept_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("stage", sa.String(60), nullable=False),
        sa.Column("done", sa.Float, nullable=False),
        sa.Column("turn", sa.String(16), nullable=True),
        sa.Column("held_until", sa.BigInteger, nullable=True),
        sa.Column("turns", sa.Integer, nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("finished_at", sa.BigInteger, nullable=True),
        sa.Column("sentence", sa.Text, nullable=True),
        sa.Column("versions", sa.LargeBinary, nullable=True),
        sa.Column("answer", sa.LargeBinary, nullable=True),
    )
    op.create_index("kept_plans_by_account", "kept_plans", ["account", "kept_at", "id"])
    op.create_index("kept_plans_to_do", "kept_plans", ["status", "kept_at"])
