"""Tables of labels: CSV with a line of column names, then one line for each case.

A line that cannot be read is reported with its number. Columns that are not needed are ignored.
"""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.datasets.picture import DatasetError


class LabelTableError(ValueError):
    """An invalid table; the message names the file, the line and what was expected."""


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One line: its number in the file, and its cells by column."""

    table: Path
    line: int
    cells: dict[str, str | None]

    def text(self, column: str) -> str:
        """Return a cell that must not be empty."""
        text = (self.cells.get(column) or "").strip()
        if not text:
            raise self.refuse(f"something in {column}")
        return text

    def number(self, column: str) -> float:
        """Return a finite number."""
        try:
            value = float(self.cells.get(column) or "")
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self.refuse(f"a number in {column}")
        return value

    def one_of(self, column: str, choices: Sequence[str]) -> int:
        """Return the index of the cell in `choices`."""
        text = self.text(column)
        if text not in choices:
            raise self.refuse(f"one of {', '.join(choices)} in {column}")
        return choices.index(text)

    def box(self) -> list[float]:
        """Return the corners x1, y1, x2, y2 of a box that is not empty."""
        x1, y1, x2, y2 = (self.number(name) for name in ("x1", "y1", "x2", "y2"))
        if not (x1 < x2 and y1 < y2):
            raise self.refuse("x1 below x2 and y1 below y2")
        return [x1, y1, x2, y2]

    def refuse(self, expected: str) -> LabelTableError:
        """Return the error for this line, to be raised."""
        cells = ", ".join(f"{name} {cell!r}" for name, cell in self.cells.items() if name)
        return LabelTableError(
            f"found {self.table}, line {self.line}, with {cells}, expected {expected}; correct or "
            "remove the line"
        )


def read_rows(table: Path, *columns: str) -> list[LabelRow]:
    """Read a table that has these columns and at least one line; raises `LabelTableError`."""
    if not table.is_file():
        raise DatasetError(table)
    try:
        with table.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.DictReader(lines)
            missing = [name for name in columns if name not in (reader.fieldnames or ())]
            rows = [] if missing else [LabelRow(table, reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise LabelTableError(
            f"found {table} that is not text ({error}), expected CSV in UTF-8; save it in UTF-8"
        ) from error
    if missing:
        raise LabelTableError(
            f"found {table} without {', '.join(missing)} among its columns, expected "
            f"{', '.join(columns)}; name them in its first line"
        )
    if not rows:
        raise LabelTableError(
            f"found {table} without a line below its head, expected one case at least"
        )
    return rows
