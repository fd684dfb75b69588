"""A report as PDF: a figure of bars with their intervals, and the table.

The template gets values as JSON and never as markup. Fonts are those of the library, so the same
report has the same pages on every machine.
"""

import threading
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import msgspec
import typst

from cloud.notifications.reports.report_document import ReportBar, ReportDocument

NO_GLYPH: Final = "?"
LAST_COMMON: Final = 0x460
"""The fonts have every letter, digit and symbol below, and the dash."""
DASH: Final = "—"
_SETTING: Final = threading.Lock()
"""A compiler sets one document at a time."""


class ReportPdfError(RuntimeError):
    """A report that cannot be set."""


def write_report_pdf(report: ReportDocument, at: datetime) -> bytes:
    """The report as PDF, for screen readers too (PDF/UA-1)."""
    values = msgspec.json.encode(_describe(report, at)).decode()
    try:
        with _SETTING:
            pdf = _compiler().compile(
                format="pdf", sys_inputs={"report": values}, pdf_standards=["ua-1"], timestamp=at
            )
    except typst.TypstError as error:
        raise ReportPdfError(f"a report cannot be set: {error.message}") from error
    assert isinstance(pdf, bytes)
    return pdf


@cache
def _compiler() -> typst.Compiler:
    template = Path(str(files("cloud.notifications.reports") / "report.typ"))
    return typst.Compiler(template, root=template.parent, ignore_system_fonts=True)


def _describe(report: ReportDocument, at: datetime) -> Any:
    greatest = max((_end(bar) for bar in report.bars), default=0.0) or 1.0
    return {
        "title": _print(report.title),
        "period": _print(report.period),
        "made": [at.year, at.month, at.day],
        "columns": [_print(one) for one in report.columns],
        "rows": [[_print(cell) for cell in row] for row in report.rows],
        "bars": [_describe_bar(bar, greatest) for bar in report.bars],
        "axis": f"0 to {greatest:,.1f} {report.unit}".rstrip(),
        "notes": [_print(one) for one in report.notes],
    }


def _end(bar: ReportBar) -> float:
    return max(bar.value or 0.0, bar.high or 0.0)


def _describe_bar(bar: ReportBar, greatest: float) -> Any:
    """A bar as percentages of the axis; null is not observed."""

    def share(value: float | None) -> float | None:
        return None if value is None else round(100 * value / greatest, 2)

    return {
        "label": _print(bar.label),
        "value": share(bar.value),
        "low": share(bar.low),
        "high": share(bar.high),
    }


def _print(text: str) -> str:
    """What is in the fonts."""
    return "".join(
        one if one.isprintable() and (ord(one) < LAST_COMMON or one == DASH) else NO_GLYPH
        for one in text
    )
