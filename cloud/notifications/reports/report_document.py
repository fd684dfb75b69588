"""The content of a report as it is stored and sent: a table, the bars of a figure, and notes.

Every value is text that was formatted when the report was computed, so that each attempt to send
it has the same figures.
"""

from typing import Final

import msgspec

MOST_ROWS: Final = 50


class ReportBar(msgspec.Struct, frozen=True):
    """One bar of the figure; without a value it was not observed, and is drawn hatched."""

    label: str
    value: float | None = None
    low: float | None = None
    high: float | None = None


class ReportDocument(msgspec.Struct, frozen=True):
    """A report. `unit` is that of the bars."""

    title: str
    period: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    bars: tuple[ReportBar, ...]
    unit: str
    notes: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """The table as text, in columns."""
        table = [self.columns, *self.rows]
        widths = [max(len(row[column]) for row in table) for column in range(len(self.columns))]
        return [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in table
        ]
