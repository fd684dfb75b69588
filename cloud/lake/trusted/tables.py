"""Tables of the trusted zone, rows that did not reach it, and what each rule found.

A trusted table has the columns of its raw table. The quarantine and the results are replaced with
the day that they are about: they tell of its present rows and the present contract.
"""

from dataclasses import replace
from typing import Final

import pyarrow as pa

from cloud.lake.raw.feeds import FEEDS
from cloud.lake.raw.retail_price_points import RAW_PRICE_POINTS
from cloud.lake.tables import LakeColumn, LakeTable, Zone

RAW_TABLES: Final = tuple(table for feed in FEEDS for table in feed.raw.targets)
SPLIT_BY: Final = {RAW_PRICE_POINTS.name: "region"}
"""Trusted tables that are queried for one value: the zones before it have fewer files."""
TRUSTED_TABLES: Final = tuple(
    replace(table, zone=Zone.TRUSTED, split_by=SPLIT_BY.get(table.name)) for table in RAW_TABLES
)

ROW_QUARANTINE: Final = LakeTable(
    Zone.RAW,
    "quarantine",
    (
        LakeColumn("table_name", pa.string(), "table that the row was to be promoted to"),
        LakeColumn("rule", pa.string(), "rule of the contract that it breaks"),
        LakeColumn("reason", pa.string(), "what was found and what was expected"),
        LakeColumn("identity", pa.string(), "values of the table's identity columns"),
        LakeColumn("content", pa.string(), "the row as JSON"),
    ),
    sort_by=("table_name", "rule", "identity", "content"),
)
RULE_RESULTS: Final = LakeTable(
    Zone.TRUSTED,
    "rule_results",
    (
        LakeColumn("outcome", pa.string(), "passed, failed (rows are quarantined) or stopped"),
        LakeColumn("table_name", pa.string(), "table that the day was to be promoted to"),
        LakeColumn("rule", pa.string(), "rule of the contract, or of the day as a whole"),
        LakeColumn("rows_checked", pa.int64(), "rows of the day in the raw table"),
        LakeColumn("rows_failed", pa.int64(), "rows quarantined; each under its first broken rule"),
        LakeColumn("reason", pa.string(), "why the day is stopped", nullable=True),
    ),
    sort_by=("outcome", "table_name", "rule"),
)
