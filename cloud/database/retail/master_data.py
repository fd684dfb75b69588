"""Tables of what price points are checked against: stores, products, exchange rates."""

from typing import Final

from sqlalchemy import BigInteger, Column, Date, Double, Index, Integer, String, Table

from cloud.database.columns import NAME, metadata

CURRENCY: Final = String(3)
TEXT: Final = String(120)

retail_stores = Table(
    "retail_stores",
    metadata,
    Column("store", NAME, primary_key=True),
    Column("region", NAME, nullable=False),
    Column("city", TEXT, nullable=False),
    Column("postcode", String(16), nullable=False),
    Column("latitude", Double, nullable=False),
    Column("longitude", Double, nullable=False),
    Column("setting", String(8), nullable=False),  # urban, suburban, rural
    Column("cluster", NAME, nullable=False),
    Column("purchasing_power_index", Integer, nullable=False),  # 100: the mean of the country
    Column("timezone", NAME),  # IANA name; null: its points must carry an offset
    sqlite_with_rowid=False,
)

retail_products = Table(
    "retail_products",
    metadata,
    Column("sku", NAME, primary_key=True),
    Column("product", NAME, nullable=False),
    Column("category", TEXT, nullable=False),  # juice/orange
    Column("name", TEXT, nullable=False),
    Column("unit_size", NAME, nullable=False),  # 1 l; 6 x 330 ml
    Column("currency", CURRENCY, nullable=False),  # of the two limits
    Column("map_minor", BigInteger),  # minimum advertised price; null: none
    Column("legal_floor_minor", BigInteger),  # null: none
    Index("ix_retail_products_product", "product"),
    sqlite_with_rowid=False,
)

retail_exchange_rates = Table(
    "retail_exchange_rates",
    metadata,
    Column("base_currency", CURRENCY, primary_key=True),
    Column("currency", CURRENCY, primary_key=True),
    Column("rated_on", Date, primary_key=True),
    Column("rate", String(24), nullable=False),  # decimal: units of the base for one unit
    sqlite_with_rowid=False,
)
