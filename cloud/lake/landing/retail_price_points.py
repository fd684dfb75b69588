"""Land the price points of shops as they were committed."""

from typing import Final

import pyarrow as pa

from cloud.database.retail import retail_price_points
from cloud.lake.landing.table_rows import TableRows
from cloud.lake.tables import TIMESTAMP, LakeColumn, LakeTable, Zone

INT64: Final = pa.int64()
TEXT: Final = pa.string()
BATCH_ROWS: Final = 50_000
"""Points in memory at a time, of some 2 kB each."""

PRICE_POINT_COLUMNS: Final = (
    LakeColumn("source", TEXT, "who sent it"),
    LakeColumn("event_id", TEXT, "unique within the source"),
    LakeColumn("product", TEXT, "product"),
    LakeColumn("sku", TEXT, "stock keeping unit of the product"),
    LakeColumn("category", TEXT, "path of the category, such as juice/orange"),
    LakeColumn("store", TEXT, "store"),
    LakeColumn("region", TEXT, "region of the store"),
    LakeColumn("city", TEXT, "city of the store"),
    LakeColumn("postcode", TEXT, "postcode of the store"),
    LakeColumn("observed_at", TIMESTAMP, "when it was observed; its UTC date is the day"),
    LakeColumn("price_minor", INT64, "price paid, minor units of the currency"),
    LakeColumn("cost_minor", INT64, "cost of the unit"),
    LakeColumn("list_price_minor", INT64, "price before the discount"),
    LakeColumn("discount_bp", INT64, "discount in basis points of the list price"),
    LakeColumn("currency", TEXT, "currency of the amounts, ISO 4217"),
    LakeColumn("holiday", TEXT, "holiday; null: none", nullable=True),
    LakeColumn("promotion", TEXT, "promotion, such as deal; null: none", nullable=True),
    LakeColumn("units", INT64, "units sold since the point before"),
    LakeColumn("revenue_minor", INT64, "revenue of these units"),
    LakeColumn("inventory", INT64, "units in stock; null: not known", nullable=True),
    LakeColumn(
        "competitor_price_minor", INT64, "price of a competitor; null: not known", nullable=True
    ),
    LakeColumn("base_price_minor", INT64, "price in the base currency"),
    LakeColumn("base_cost_minor", INT64, "cost in the base currency"),
    LakeColumn("base_revenue_minor", INT64, "revenue in the base currency"),
    LakeColumn(
        "base_competitor_minor", INT64, "competitor price in the base currency", nullable=True
    ),
    LakeColumn("base_currency", TEXT, "base currency, ISO 4217"),
    LakeColumn(
        "rated_on", pa.date32(), "day of the exchange rate; null: sent in the base", nullable=True
    ),
    LakeColumn("is_outlier", pa.bool_(), "a promotion whose price is unusual, or a confirmed one"),
    LakeColumn("received_at", TIMESTAMP, "when it was committed"),
)
SORT_BY: Final = ("region", "store", "sku", "observed_at")

LANDED_PRICE_POINTS: Final = LakeTable(
    Zone.LANDING,
    "retail_price_points",
    (LakeColumn("id", INT64, "number of the row in the database"), *PRICE_POINT_COLUMNS),
    sort_by=SORT_BY,
)
PRICE_POINT_ROWS: Final = TableRows(
    retail_price_points, LANDED_PRICE_POINTS, dated_by="observed_at", batch_rows=BATCH_ROWS
)
