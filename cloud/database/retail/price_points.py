"""Tables of committed price points, of recent prices, and of files that are imported.

Amounts are whole minor units. `retail_price_points` is only appended to: the lake follows its `id`.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from cloud.database.columns import NAME, NUMBER, Instant, metadata

CURRENCY: Final = String(3)
TEXT: Final = String(120)

retail_price_points = Table(
    "retail_price_points",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("source", NAME, nullable=False),  # who sent it: an API key, a topic, a file's label
    Column("event_id", String(80), nullable=False),
    Column("digest", String(32), nullable=False),  # of the content without its event id
    Column("product", NAME, nullable=False),
    Column("sku", NAME, nullable=False),
    Column("category", TEXT, nullable=False),
    Column("store", NAME, nullable=False),
    Column("region", NAME, nullable=False),
    Column("city", TEXT, nullable=False),
    Column("postcode", String(16), nullable=False),
    Column("observed_at", Instant, nullable=False),
    Column("price_minor", BigInteger, nullable=False),
    Column("cost_minor", BigInteger, nullable=False),
    Column("list_price_minor", BigInteger, nullable=False),
    Column("discount_bp", Integer, nullable=False),
    Column("currency", CURRENCY, nullable=False),
    Column("holiday", NAME),
    Column("promotion", NAME),
    Column("units", BigInteger, nullable=False),
    Column("revenue_minor", BigInteger, nullable=False),
    Column("inventory", BigInteger),
    Column("competitor_price_minor", BigInteger),
    Column("base_price_minor", BigInteger, nullable=False),
    Column("base_cost_minor", BigInteger, nullable=False),
    Column("base_revenue_minor", BigInteger, nullable=False),
    Column("base_competitor_minor", BigInteger),
    Column("base_currency", CURRENCY, nullable=False),
    Column("rated_on", Date),  # day of the exchange rate; null: it was sent in the base currency
    Column("is_outlier", Boolean, nullable=False),  # only promotions: others are not committed
    Column("received_at", Instant, nullable=False),
    UniqueConstraint("source", "event_id", name="uq_retail_price_points_event"),
    UniqueConstraint("store", "sku", "observed_at", name="uq_retail_price_points_key"),
    Index("ix_retail_price_points_product", "product", "store", "observed_at"),
    sqlite_autoincrement=True,  # a deleted number is not used again
)

retail_recent_prices = Table(
    "retail_recent_prices",  # what outliers are judged by
    metadata,
    Column("store", NAME, primary_key=True),
    Column("sku", NAME, primary_key=True),
    Column("regular", Text, nullable=False),  # JSON: last prices without promotion
    Column("promoted", Text, nullable=False),  # JSON: last prices with one
    sqlite_with_rowid=False,
)

retail_imports = Table(
    "retail_imports",  # files, and up to where they are committed
    metadata,
    Column("digest", String(64), primary_key=True),  # SHA-256 of the content
    Column("name", String(200), nullable=False),
    Column("source", NAME, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("done_bytes", BigInteger, nullable=False),
    Column("done_lines", BigInteger, nullable=False),
    Column("committed", BigInteger, nullable=False),
    Column("duplicates", BigInteger, nullable=False),
    Column("errors", BigInteger, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),  # null: not complete
    sqlite_with_rowid=False,
)
