"""Write the rows of a query as a CSV file that the upload reads as it reads any other."""

import csv
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from cloud.products.definitions.columns import DecimalMark
from cloud.products.uploads.file_format import LARGEST_BYTES

TEXTS: Final = (str, UUID, date, time)


class RowsError(ValueError):
    """Rows that cannot be written: what was found, what was expected, what to do."""


def write_rows(
    path: Path, names: Sequence[str], batches: Iterable[Sequence[Sequence[Any]]], mark: DecimalMark
) -> int:
    """Write a heading and the rows; returns how many rows there are.

    Raises:
        RowsError: a value has a type that no column reads, or there is too much.
    """
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        for rows in batches:
            writer.writerows([_write_row(names, row, mark) for row in rows])
            count += len(rows)
            if file.tell() > LARGEST_BYTES:
                raise RowsError(
                    f"found more than {LARGEST_BYTES:,} bytes of rows, expected at most these: "
                    "choose fewer rows or columns in the statement"
                )
    return count


def _write_row(names: Sequence[str], row: Sequence[Any], mark: DecimalMark) -> list[str]:
    texts: list[str] = []
    try:
        for value in row:
            texts.append(write_value(value, mark))  # noqa: PERF401 - its length names the column
    except RowsError as error:
        raise RowsError(f"column {names[len(texts)]}: {error}") from None
    return texts


def write_value(value: object, mark: DecimalMark) -> str:
    """The text of a value; nothing for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, int | Decimal):
        number = format(value, "f") if isinstance(value, Decimal) else str(value)
        return number.replace(".", ",") if mark is DecimalMark.COMMA else number
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, TEXTS):
        return str(value)
    raise RowsError(
        f"found a value of the type {type(value).__name__}, expected text, a number, a date, a "
        "timestamp or a boolean: cast it in the statement"
    )
