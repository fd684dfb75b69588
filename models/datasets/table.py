"""Tables of labels as sites write them: CSV with a head of columns, one line a case.

A line that cannot be read is reported with its number, so that it can be corrected there; columns
that nobody asked for are ignored.
"""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.datasets.picture import DatasetError


class LabelTableError(ValueError):
    """A table that does not read: the message names the file, the line and what was wanted."""


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One line: its place in the file, and its cells by column."""

    table: Path
    line: int
    cells: dict[str, str | None]

    def text(self, column: str) -> str:
        """Return a cell that has to say something."""
        said = (self.cells.get(column) or "").strip()
        if not said:
            raise self.refused(f"something in {column}")
        return said

    def number(self, column: str) -> float:
        """Return a finite number."""
        try:
            value = float(self.cells.get(column) or "")
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self.refused(f"a number in {column}")
        return value

    def one_of(self, column: str, choices: Sequence[str]) -> int:
        """Return the place of the cell among `choices`."""
        said = self.text(column)
        if said not in choices:
            raise self.refused(f"one of {', '.join(choices)} in {column}")
        return choices.index(said)

    def box(self) -> list[float]:
        """Return the corners x1, y1, x2, y2 of a box that is one."""
        x1, y1, x2, y2 = (self.number(name) for name in ("x1", "y1", "x2", "y2"))
        if not (x1 < x2 and y1 < y2):
            raise self.refused("x1 below x2 and y1 below y2")
        return [x1, y1, x2, y2]

    def refused(self, wanted: str) -> LabelTableError:
        """Return the error that says what is wrong with this line."""
        said = ", ".join(f"{name} {cell!r}" for name, cell in self.cells.items() if name)
        return LabelTableError(
            f"found {self.table}, line {self.line}, with {said}, expected {wanted}; correct or "
            "remove the line"
        )


def read_rows(table: Path, *columns: str) -> list[LabelRow]:
    """Read a table that has these columns and at least one line; raises `TableError`."""
    if not table.is_file():
        raise DatasetError(table)
    try:
        with table.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.DictReader(lines)
            missing = [name for name in columns if name not in (reader.fieldnames or ())]
            found = [] if missing else [LabelRow(table, reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise LabelTableError(
            f"found {table} that is not text ({error}), expected CSV in UTF-8; save it in UTF-8"
        ) from error
    if missing:
        raise LabelTableError(
            f"found {table} without {', '.join(missing)} among its columns, expected "
            f"{', '.join(columns)}; name them in its first line"
        )
    if not found:
        raise LabelTableError(
            f"found {table} without a line below its head, expected one case at least"
        )
    return found
