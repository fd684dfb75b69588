"""A table as a CSV file for a spreadsheet: UTF-8, one header, a missing value as an empty field.

A text that a spreadsheet would evaluate as a formula is written with an apostrophe before it, so a
name from outside cannot become one.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Final

from fastapi import Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

CSV_TYPE: Final = "text/csv"
MEDIA_TYPE: Final = f"{CSV_TYPE}; charset=utf-8"
CSV_CONTENT: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {CSV_TYPE: {"schema": {"type": "string"}}}}
}
"""What a route that answers with CSV says in the OpenAPI document."""
CHUNK: Final = 1_000
"""Objects of a long list that are read and sent together."""
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The header and the rows; lines end as RFC 4180 says."""
    return _write_rows([columns]) + _write_rows(rows)


def answer_csv(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """The table as a file of that name, without its ending."""
    return Response(write_csv(columns, rows), media_type=MEDIA_TYPE, headers=_name_file(name))


async def stream_csv(
    name: str, columns: Sequence[str], chunks: Iterator[Iterable[Sequence[object]]]
) -> Response:
    """The same for a table of any length, which is read and sent chunk by chunk.

    The first chunk is read before the answer begins, so that a refusal is answered as such.
    """
    first = write_csv(columns, await run_in_threadpool(next, chunks, ()))
    parts = chain([first], map(_write_rows, chunks))
    return StreamingResponse(parts, media_type=MEDIA_TYPE, headers=_name_file(name))


def _write_rows(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([_to_field(value) for value in row] for row in rows)
    return text.getvalue()


def _name_file(name: str) -> dict[str, str]:
    disposition = f'attachment; filename="{name}.csv"'
    return {"content-disposition": disposition, "cache-control": "private, no-cache"}


def _to_field(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return "" if value is None else value
