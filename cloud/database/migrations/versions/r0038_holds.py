"""Add locked quotes, holds, products, dayparts and restrictions of screens."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0038"
down_revision: Final = "0037"

NAME: Final = sa.String(63)
ACCOUNT: Final = sa.String(40)
PERSON: Final = sa.String(120)


def upgrade() -> None:
    _create_quotes()
    _create_holds()
    _create_products()


def _create_quotes() -> None:
    op.create_table(
        "quote_locks",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("account", ACCOUNT, nullable=False),
        sa.Column("created_by", PERSON, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("valid_until", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("total_minor", sa.BigInteger, nullable=False),
        sa.Column("delivery", sa.String(16), nullable=False),
        sa.Column("versions", sa.Text, nullable=False),
        sa.Column("slots", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_quote_locks_account", "quote_locks", ["account", "created_at"])


def _create_holds() -> None:
    op.create_table(
        "booking_holds",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("account", ACCOUNT, nullable=False),
        sa.Column("created_by", PERSON, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("latest_at", sa.BigInteger, nullable=False),
        sa.Column("extensions", sa.Integer, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("quote", sa.String(32)),
        sa.Column("delivery", sa.String(16), nullable=False),
        sa.Column("slot_count", sa.Integer, nullable=False),
        sa.Column("slots", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_booking_holds_account", "booking_holds", ["account", "created_at"])
    op.create_index("ix_booking_holds_state", "booking_holds", ["state", "expires_at"])


def _create_products() -> None:
    op.create_table(
        "products",
        sa.Column("id", NAME, primary_key=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("delivery", sa.String(16), nullable=False),
        sa.Column("locations", sa.Text, nullable=False),
        sa.Column("daypart", NAME),
        sa.Column("min_hours", sa.Integer, nullable=False),
        sa.Column("changed_by", PERSON, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("removed_at", sa.BigInteger),
    )
    op.create_table(
        "dayparts",
        sa.Column("id", NAME, primary_key=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("weekdays", sa.String(20), nullable=False),
        sa.Column("hours", sa.String(120), nullable=False),
        sa.Column("zone", NAME, nullable=False),
        sa.Column("changed_by", PERSON, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "screen_restrictions",
        sa.Column("location", NAME, primary_key=True),
        sa.Column("categories", sa.Text, nullable=False),
        sa.Column("sizes", sa.Text, nullable=False),
        sa.Column("max_length_s", sa.Integer),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("changed_by", PERSON, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
    )
