"""Land the versions of order lines as they were stored."""

from typing import Final

import pyarrow as pa

from cloud.database.orders import order_line_versions
from cloud.lake.landing.table_rows import TableRows
from cloud.lake.tables import TIMESTAMP, LakeColumn, LakeTable, Zone

BATCH_ROWS: Final = 2_000
"""Versions in memory at a time: the slots of one have 82 kB at most, mostly below 1 kB."""

LANDED_ORDER_LINES: Final = LakeTable(
    Zone.LANDING,
    "order_lines",
    (
        LakeColumn("id", pa.int64(), "number of the row in the database"),
        LakeColumn("order_id", pa.string(), "order that the line is part of"),
        LakeColumn("line_id", pa.string(), "line"),
        LakeColumn("version", pa.int64(), "version of the line: 1, 2, 3"),
        LakeColumn("account", pa.string(), "account that ordered"),
        LakeColumn("advertiser", pa.string(), "advertiser"),
        LakeColumn("campaign", pa.string(), "campaign"),
        LakeColumn("booking_status", pa.string(), "state of the line as OpenDirect names it"),
        LakeColumn("location", pa.string(), "location of the screen"),
        LakeColumn("starts_at", TIMESTAMP, "start of the flight"),
        LakeColumn("ends_at", TIMESTAMP, "end of the flight, not included"),
        LakeColumn("hours", pa.string(), "local hours of each day; empty: all"),
        LakeColumn("positions", pa.int64(), "loop positions"),
        LakeColumn("price_minor", pa.int64(), "price of one position for one hour"),
        LakeColumn("currency", pa.string(), "currency of the price, ISO 4217"),
        LakeColumn("creatives", pa.string(), "creatives as JSON"),
        LakeColumn("slots", pa.string(), "booked and released slots as JSON"),
        LakeColumn("changed_at", TIMESTAMP, "when it was stored; its UTC date is the day"),
    ),
    sort_by=("location", "line_id", "version"),
)
ORDER_ROWS: Final = TableRows(
    order_line_versions, LANDED_ORDER_LINES, dated_by="changed_at", batch_rows=BATCH_ROWS
)
