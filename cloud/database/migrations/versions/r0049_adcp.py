"""Add packages and registered accounts of AdCP buyers."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0049"
down_revision: Final = "0048"

ACCOUNT: Final = sa.String(40)
DOMAIN: Final = sa.String(253)


def upgrade() -> None:
    op.create_table(
        "adcp_packages",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("order_id", sa.String(32), nullable=False),
        sa.Column("product", sa.String(63), nullable=False),
        sa.Column("pricing_option", sa.String(40), nullable=False),
        sa.Column("budget_minor", sa.BigInteger, nullable=False),
        sa.Column("starts_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
        sa.Column("request", sa.Text, nullable=False),
    )
    op.create_index("ix_adcp_packages_order", "adcp_packages", ["order_id", "id"])
    op.create_index("ix_booked_lines_quote", "booked_lines", ["quote_id"])
    op.create_table(
        "adcp_accounts",
        sa.Column("agent", ACCOUNT, primary_key=True),
        sa.Column("operator", DOMAIN, primary_key=True),
        sa.Column("brand_domain", DOMAIN, primary_key=True),
        sa.Column("brand_id", sa.String(120), primary_key=True),
        sa.Column("account", ACCOUNT, nullable=False),
        sa.Column("registered_by", sa.String(120), nullable=False),
        sa.Column("registered_at", sa.BigInteger, nullable=False),
    )
