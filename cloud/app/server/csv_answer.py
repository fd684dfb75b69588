"""A table as a CSV file for a spreadsheet: UTF-8, one header, a missing value as an empty field.

A text that a spreadsheet would evaluate as a formula is written with an apostrophe before it, so a
name from outside cannot become one.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from fastapi import Response

CSV_TYPE: Final = "text/csv"
CSV_CONTENT: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {CSV_TYPE: {"schema": {"type": "string"}}}}
}
"""What a route that answers with CSV says in the OpenAPI document."""
MOST_ROWS: Final = 1_000
"""Objects of one export of a list: the latest ones."""
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The header and the rows; lines end as RFC 4180 says."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_to_field(value) for value in row] for row in rows)
    return text.getvalue()


def answer_csv(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """The table as a file of that name, without its ending."""
    disposition = f'attachment; filename="{name}.csv"'
    return Response(
        write_csv(columns, rows),
        media_type=f"{CSV_TYPE}; charset=utf-8",
        headers={"content-disposition": disposition, "cache-control": "private, no-cache"},
    )


def _to_field(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return "" if value is None else value
