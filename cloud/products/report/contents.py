"""What a report shows: rows of the results that the definition names, and of when they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cloud.lake.lake import Lake
from cloud.products.answers import TablePage, TableQuery, read_page
from cloud.products.definitions.product import DataProduct, ShownColumn, ShownTable
from cloud.products.runs import ProductRun, read_last_run

MOST_ROWS: Final = 50_000
"""Rows of a table that a report has; it says when there are more."""


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A result as the report has it."""

    shown: ShownTable
    page: TablePage

    def column(self, name: str) -> ShownColumn:
        """A column that `shows` has."""
        return self.shown.columns[self.position(name)]

    def position(self, name: str) -> int:
        """The place of a column in the rows."""
        return [one.name for one in self.shown.columns].index(name)

    def values(self, name: str) -> Sequence[Any]:
        """One column."""
        at = self.position(name)
        return [row[at] for row in self.page.rows]


@dataclass(frozen=True, slots=True)
class ReportContents:
    """A product, its results by table, its newest run, and when the report was written."""

    product: DataProduct
    tables: Mapping[str, ReportTable]
    last_run: ProductRun | None
    written_at: datetime

    @property
    def computed_at(self) -> datetime | None:
        """When the newest of the results was computed; None: none was yet."""
        known = [one.page.computed_at for one in self.tables.values()]
        return max((at for at in known if at is not None), default=None)


def read_contents(lake: Lake, product: DataProduct, *, now: datetime) -> ReportContents:
    """Read the results that the product shows.

    Raises:
        DamagedFileError: a file cannot be read.
    """
    tables = {shown.table: read_report_table(lake, product, shown) for shown in product.file.shows}
    return ReportContents(product, tables, read_last_run(lake, product.name), now)


def read_report_table(
    lake: Lake, product: DataProduct, shown: ShownTable, most_rows: int = MOST_ROWS
) -> ReportTable:
    """The rows of one result, in its usual order.

    Raises:
        DamagedFileError: a file cannot be read.
    """
    return ReportTable(shown, read_page(lake, product, shown, TableQuery(limit=most_rows)))
