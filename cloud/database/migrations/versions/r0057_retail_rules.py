"""Add the rule sets of retail prices and the saved scenarios."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0057"
down_revision: Final = "0056"

PERSON: Final = sa.String(120)


def upgrade() -> None:
    op.create_table(
        "retail_rule_sets",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("version", sa.String(40), nullable=False),
        sa.Column("digest", sa.String(12), nullable=False),
        sa.Column("from_at", sa.BigInteger, nullable=False),
        sa.Column("put_at", sa.BigInteger, nullable=False),
        sa.Column("put_by", PERSON, nullable=False),
        sa.Column("reason", sa.String(200)),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "retail_scenarios",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("product", sa.String(63), nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("created_by", PERSON, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    table = "retail_scenarios"
    op.create_index("ix_retail_scenarios_product", table, ["product", "created_at"])
    op.create_index("ix_retail_scenarios_created_at", table, ["created_at", "id"])
