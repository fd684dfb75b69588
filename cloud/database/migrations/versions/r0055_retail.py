"""Add stores, products, exchange rates, price points of shops and their error queue."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0055"
down_revision: Final = "0054"

NAME: Final = sa.String(63)
TEXT: Final = sa.String(120)
CURRENCY: Final = sa.String(3)
NUMBER: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "retail_stores",
        sa.Column("store", NAME, primary_key=True),
        sa.Column("region", NAME, nullable=False),
        sa.Column("city", TEXT, nullable=False),
        sa.Column("postcode", sa.String(16), nullable=False),
        sa.Column("latitude", sa.Double, nullable=False),
        sa.Column("longitude", sa.Double, nullable=False),
        sa.Column("setting", sa.String(8), nullable=False),
        sa.Column("cluster", NAME, nullable=False),
        sa.Column("purchasing_power_index", sa.Integer, nullable=False),
        sa.Column("timezone", NAME),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "retail_products",
        sa.Column("sku", NAME, primary_key=True),
        sa.Column("product", NAME, nullable=False),
        sa.Column("category", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("unit_size", NAME, nullable=False),
        sa.Column("currency", CURRENCY, nullable=False),
        sa.Column("map_minor", sa.BigInteger),
        sa.Column("legal_floor_minor", sa.BigInteger),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_retail_products_product", "retail_products", ["product"])
    op.create_table(
        "retail_exchange_rates",
        sa.Column("base_currency", CURRENCY, primary_key=True),
        sa.Column("currency", CURRENCY, primary_key=True),
        sa.Column("rated_on", sa.Date, primary_key=True),
        sa.Column("rate", sa.String(24), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "retail_price_points",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("source", NAME, nullable=False),
        sa.Column("event_id", sa.String(80), nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("product", NAME, nullable=False),
        sa.Column("sku", NAME, nullable=False),
        sa.Column("category", TEXT, nullable=False),
        sa.Column("store", NAME, nullable=False),
        sa.Column("region", NAME, nullable=False),
        sa.Column("city", TEXT, nullable=False),
        sa.Column("postcode", sa.String(16), nullable=False),
        sa.Column("observed_at", sa.BigInteger, nullable=False),
        sa.Column("price_minor", sa.BigInteger, nullable=False),
        sa.Column("cost_minor", sa.BigInteger, nullable=False),
        sa.Column("list_price_minor", sa.BigInteger, nullable=False),
        sa.Column("discount_bp", sa.Integer, nullable=False),
        sa.Column("currency", CURRENCY, nullable=False),
        sa.Column("holiday", NAME),
        sa.Column("promotion", NAME),
        sa.Column("units", sa.BigInteger, nullable=False),
        sa.Column("revenue_minor", sa.BigInteger, nullable=False),
        sa.Column("inventory", sa.BigInteger),
        sa.Column("competitor_price_minor", sa.BigInteger),
        sa.Column("base_price_minor", sa.BigInteger, nullable=False),
        sa.Column("base_cost_minor", sa.BigInteger, nullable=False),
        sa.Column("base_revenue_minor", sa.BigInteger, nullable=False),
        sa.Column("base_competitor_minor", sa.BigInteger),
        sa.Column("base_currency", CURRENCY, nullable=False),
        sa.Column("rated_on", sa.Date),
        sa.Column("is_outlier", sa.Boolean, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("source", "event_id", name="uq_retail_price_points_event"),
        sa.UniqueConstraint("store", "sku", "observed_at", name="uq_retail_price_points_key"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_retail_price_points_product", "retail_price_points", ["product", "store", "observed_at"]
    )
    op.create_table(
        "retail_recent_prices",
        sa.Column("store", NAME, primary_key=True),
        sa.Column("sku", NAME, primary_key=True),
        sa.Column("regular", sa.Text, nullable=False),
        sa.Column("promoted", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "retail_errors",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("digest", sa.String(32), nullable=False, unique=True),
        sa.Column("source", NAME, nullable=False),
        sa.Column("position", sa.String(200), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("field", NAME),
        sa.Column("found", sa.Text, nullable=False),
        sa.Column("expected", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("payload_bytes", sa.BigInteger, nullable=False),
        sa.Column("times", sa.BigInteger, nullable=False),
        sa.Column("first_received_at", sa.BigInteger, nullable=False),
        sa.Column("last_received_at", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("repaired", sa.Text),
        sa.Column("decided_by", TEXT),
        sa.Column("decided_at", sa.BigInteger),
        sa.Column("note", sa.Text),
    )
    op.create_index("ix_retail_errors_source", "retail_errors", ["source", "state"])
    op.create_table(
        "retail_error_counts",
        sa.Column("source", NAME, primary_key=True),
        sa.Column("reason", sa.String(32), primary_key=True),
        sa.Column("stored", sa.BigInteger, nullable=False),
        sa.Column("left_out", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "retail_imports",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("source", NAME, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("done_bytes", sa.BigInteger, nullable=False),
        sa.Column("done_lines", sa.BigInteger, nullable=False),
        sa.Column("committed", sa.BigInteger, nullable=False),
        sa.Column("duplicates", sa.BigInteger, nullable=False),
        sa.Column("errors", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("finished_at", sa.BigInteger),
        sqlite_with_rowid=False,
    )
