"""Add accounts and brands."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0033"
down_revision: Final = "0032"

ACCOUNT: Final = sa.String(40)
NAME: Final = sa.String(120)


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", ACCOUNT, primary_key=True),
        sa.Column("name", NAME, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("agency", ACCOUNT),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("vat_number", sa.String(20)),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("billing_email", sa.String(254)),
        sa.Column("commission_bp", sa.Integer, nullable=False),
        sa.Column("credit_limit_minor", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("closed_at", sa.BigInteger),
    )
    op.create_index("ix_accounts_agency", "accounts", ["agency"])
    op.create_table(
        "brands",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("account", ACCOUNT, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("categories", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("account", "name", name="uq_brands_account_name"),
    )
