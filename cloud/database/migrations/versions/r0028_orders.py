"""Add the versions of order lines."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0028"
down_revision: Final = "0027"

NUMBER: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")
NAME: Final = sa.String(63)
TEXT: Final = sa.String(120)


def upgrade() -> None:
    op.create_table(
        "order_line_versions",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("order_id", NAME, nullable=False),
        sa.Column("line_id", NAME, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("advertiser", TEXT, nullable=False),
        sa.Column("campaign", TEXT, nullable=False),
        sa.Column("booking_status", sa.String(20), nullable=False),
        sa.Column("location", NAME, nullable=False),
        sa.Column("starts_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
        sa.Column("hours", TEXT, nullable=False),
        sa.Column("positions", sa.Integer, nullable=False),
        sa.Column("price_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("creatives", sa.Text, nullable=False),
        sa.Column("slots", sa.Text, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("line_id", "version"),
    )
    op.create_index("ix_order_line_versions_order", "order_line_versions", ["order_id"])
