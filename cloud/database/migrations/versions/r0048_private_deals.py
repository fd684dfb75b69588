"""Add private deals with bid requests and notices, and a limit of lines paid by impressions."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0048"
down_revision: Final = "0045"

NUMBER: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")
NAME: Final = sa.String(63)
ID: Final = sa.String(32)
PERSON: Final = sa.String(120)
DECIMAL: Final = sa.String(24)


def upgrade() -> None:
    op.add_column("cpm_contracts", sa.Column("most_impressions", DECIMAL))
    _create_deals()
    _create_requests()
    _create_notices()


def _create_deals() -> None:
    op.create_table(
        "private_deals",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account", sa.String(40), nullable=False),
        sa.Column("order_id", ID, nullable=False),
        sa.Column("name", PERSON, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("seat", sa.String(64)),
        sa.Column("locations", sa.Text, nullable=False),
        sa.Column("auction", sa.Integer, nullable=False),
        sa.Column("floor_minor", sa.BigInteger),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("tmax_ms", sa.Integer, nullable=False),
        sa.Column("starts_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("created_by", PERSON, nullable=False),
        sa.Column("closed_at", sa.BigInteger),
    )
    op.create_index("ix_private_deals_account", "private_deals", ["account", "created_at"])


def _create_requests() -> None:
    op.create_table(
        "bid_requests",
        sa.Column("id", ID, primary_key=True),
        sa.Column("deal_id", ID, nullable=False),
        sa.Column("location", NAME, nullable=False),
        sa.Column("slot_at", sa.BigInteger, nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("floor_minor", sa.BigInteger, nullable=False),
        sa.Column("per_play", DECIMAL, nullable=False),
        sa.Column("quantity", DECIMAL, nullable=False),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("requested_at", sa.BigInteger, nullable=False),
        sa.Column("requested_by", PERSON, nullable=False),
        sa.Column("decided_at", sa.BigInteger),
        sa.Column("loss_reason", sa.Integer),
        sa.Column("reason", sa.Text),
        sa.Column("price_minor", sa.BigInteger),
        sa.Column("creative", sa.String(64)),
        sa.Column("line_id", NAME),
    )
    op.create_index("ix_bid_requests_deal", "bid_requests", ["deal_id", "requested_at", "id"])
    op.create_index("ix_bid_requests_status", "bid_requests", ["status", "requested_at"])


def _create_notices() -> None:
    op.create_table(
        "bid_notices",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("bid_number", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(4), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("sent_at", sa.BigInteger),
        sa.Column("billed", DECIMAL),
        sa.Column("failure", sa.String(200)),
    )
    columns = ["request_id", "bid_number", "kind"]
    op.create_index("uq_bid_notices_kind", "bid_notices", columns, unique=True)
    op.create_index("ix_bid_notices_due", "bid_notices", ["status", "due_at", "id"])
