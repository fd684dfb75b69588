"""Add orders that are placed here, their lines, and change requests."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0040"
down_revision: Final = "0039"

NAME: Final = sa.String(63)
TEXT: Final = sa.String(120)
ACCOUNT: Final = sa.String(40)


def upgrade() -> None:
    _create_orders()
    _create_lines()
    _create_changes()


def _create_orders() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("account", ACCOUNT, nullable=False),
        sa.Column("agency", ACCOUNT),
        sa.Column("brand", sa.String(32)),
        sa.Column("advertiser", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("purchase_order", TEXT),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("budget_minor", sa.BigInteger),
        sa.Column("commission_bp", sa.Integer, nullable=False),
        sa.Column("discount_bp", sa.Integer, nullable=False),
        sa.Column("discount_by", TEXT),
        sa.Column("approval", sa.String(12), nullable=False),
        sa.Column("approval_by", TEXT),
        sa.Column("approval_at", sa.BigInteger),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_orders_account", "orders", ["account", "created_at"])


def _create_lines() -> None:
    op.create_table(
        "booked_lines",
        sa.Column("line_id", NAME, primary_key=True),
        sa.Column("order_id", sa.String(32), nullable=False),
        sa.Column("booking_status", sa.String(20), nullable=False),
        sa.Column("delivery", sa.String(16), nullable=False),
        sa.Column("location", NAME, nullable=False),
        sa.Column("starts_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
        sa.Column("positions", sa.Integer, nullable=False),
        sa.Column("slots", sa.Text, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("discount_bp", sa.Integer, nullable=False),
        sa.Column("quote_id", sa.String(64), nullable=False),
        sa.Column("quote_ends_at", sa.BigInteger, nullable=False),
        sa.Column("creatives", sa.Text, nullable=False),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("reason", sa.String(200)),
        sa.Column("cancellation_minor", sa.BigInteger, nullable=False),
        sa.Column("make_good_of", NAME),
        sa.Column("changed_by", TEXT, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_booked_lines_order", "booked_lines", ["order_id", "line_id"])
    op.create_index("ix_booked_lines_status", "booked_lines", ["booking_status", "starts_at"])


def _create_changes() -> None:
    op.create_table(
        "order_changes",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("order_id", sa.String(32), nullable=False),
        sa.Column("line_id", NAME, nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("change", sa.Text, nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("cost_before_minor", sa.BigInteger, nullable=False),
        sa.Column("cost_after_minor", sa.BigInteger, nullable=False),
        sa.Column("requested_by", TEXT, nullable=False),
        sa.Column("requested_at", sa.BigInteger, nullable=False),
        sa.Column("decided_by", TEXT),
        sa.Column("decided_at", sa.BigInteger),
        sa.Column("decision_reason", sa.String(200)),
    )
    op.create_index("ix_order_changes_order", "order_changes", ["order_id", "requested_at"])
