"""Land published price sheets, with their prices as committed."""

from base64 import b64encode
from typing import Final

import pyarrow as pa

from cloud.database.prices import price_sheets
from cloud.lake.landing.table_rows import TableRows
from cloud.lake.tables import TIMESTAMP, LakeColumn, LakeTable, Zone

BATCH_SHEETS: Final = 500
"""They become a million rows of the raw zone, which are in memory at a time."""

LANDED_PRICES: Final = LakeTable(
    Zone.LANDING,
    "price_sheets",
    (
        LakeColumn("id", pa.int64(), "number of the row in the database"),
        LakeColumn("location", pa.string(), "location whose prices these are"),
        LakeColumn("published_on", pa.date32(), "local day of the publication"),
        LakeColumn("published_at", TIMESTAMP, "when it was published; its UTC date is the day"),
        LakeColumn("first_at", TIMESTAMP, "start of the first hour"),
        LakeColumn("versions", pa.string(), "versions of the rate card and the forecast"),
        LakeColumn("currency", pa.string(), "currency, ISO 4217", nullable=True),
        LakeColumn("body", pa.string(), "minor units of consecutive hours: int64, deflate, base64"),
    ),
    sort_by=("location", "published_on"),
)
PRICE_ROWS: Final = TableRows(
    price_sheets,
    LANDED_PRICES,
    dated_by="published_at",
    convert={"body": lambda body: b64encode(body).decode()},
    batch_rows=BATCH_SHEETS,
)
