"""Contents of a report without a lake: two vendors, hostile names, a month without data."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from cloud.products.answers import TablePage
from cloud.products.definitions.product import DataProduct, find_product
from cloud.products.report.contents import ReportContents, ReportTable
from cloud.products.runs import ProductRun

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
HOSTILE = '</script><img src=x onerror="alert(1)">'
MONTHS = [date(2026, month, 1) for month in (1, 2, 3, 4, 6, 7)]
"""May is missing."""
CYCLES: list[tuple[Any, ...]] = [
    ("V17", HOSTILE, "paper", month, 10 + at, 1_150, None, 4_000, 20_000 if at < 3 else 61_000)
    for at, month in enumerate(MONTHS)
] + [("V3", "Vendor 3", "<b>", month, 30, 2_000, 0, 4_000, 20_000) for month in MONTHS]
ROWS: dict[str, list[tuple[Any, ...]]] = {
    "procurement_cycle_times": CYCLES,
    "procurement_peers": [
        ("V17", HOSTILE, "paper", 60, 61_000, 20_000, 3_050),
        ("V3", "Vendor 3", "<b>", 180, 20_000, None, None),
    ],
    "procurement_changes": [
        ("V17", date(2026, 3, 20), 20_000, 61_000, 3_050, "contract", 40_000, -34, -700, 1_000, 734)
    ],
}


def new_contents(
    rows: dict[str, list[tuple[Any, ...]]] | None = None, failure: str | None = None
) -> ReportContents:
    """A report of procurement; a table that `rows` lacks was never computed."""
    product: DataProduct = find_product("procurement")
    ran_at = NOW - timedelta(hours=27)
    found = ROWS if rows is None else rows
    tables = {}
    for shown in product.file.shows:
        some = found.get(shown.table, [])
        page = TablePage(some, len(some), ran_at if shown.table in found else None)
        tables[shown.table] = ReportTable(shown, page)
    run = ProductRun("procurement", ran_at, 1.0, 10, 100, 4, failure)
    return ReportContents(product, tables, run, NOW)
