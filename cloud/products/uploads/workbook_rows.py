"""The rows of a workbook's sheet, as text; the value of a merged cell stands in all its cells.

Formulas are not run: their last computed values are read.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, Final

import pyarrow as pa
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from cloud.products.definitions.product import Upload
from cloud.products.uploads.file_format import Workbook
from cloud.products.uploads.headings import SEARCHED_ROWS, find_heading, require_heading
from cloud.products.uploads.refusal import UploadRefusedError
from cloud.products.uploads.text_rows import ROW, FileRows

BATCH_ROWS: Final = 16_384
Rows = Sequence[Sequence[Any]]


def read_workbook(file: Workbook, upload: Upload) -> FileRows:
    """Open the sheet whose heading names the most columns of the upload.

    Raises:
        UploadRefusedError: it cannot be read, or no sheet has the columns.
    """
    try:
        workbook = CalamineWorkbook.from_path(str(file.path))
        sheets = [workbook.get_sheet_by_name(name) for name in workbook.sheet_names]
        name, rows = max(
            ((sheet.name, _read_rows(sheet)) for sheet in sheets),
            key=lambda one: _count_columns(upload, one[1]),
            default=("", []),
        )
    except (CalamineError, OSError, ValueError) as error:
        raise UploadRefusedError(f"the workbook cannot be read: {error}") from error
    heading = require_heading(upload, [list(map(as_text, row)) for row in rows[:SEARCHED_ROWS]])
    places = list(heading.positions.values())
    batches = _to_batches(rows[heading.row + 1 :], list(heading.positions), places)
    return FileRows(heading, batches, [], f"sheet {name!r} of a workbook")


def as_text(value: Any) -> str:
    """A cell as the columns read it: dates as ISO 8601, whole numbers without decimals."""
    if isinstance(value, float):
        rounded = round(value, 10)
        return str(int(rounded)) if rounded.is_integer() else repr(rounded)
    if isinstance(value, datetime):
        at_midnight = value.time() == time.min
        return value.date().isoformat() if at_midnight else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value.total_seconds())
    return str(value)


def _read_rows(sheet: CalamineSheet) -> list[list[Any]]:
    rows = sheet.to_python(skip_empty_area=False)
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        for row in rows[top : bottom + 1]:
            row[left : right + 1] = [rows[top][left]] * len(row[left : right + 1])
    return rows


def _count_columns(upload: Upload, rows: Rows) -> int:
    heading = find_heading(upload, [list(map(as_text, row)) for row in rows[:SEARCHED_ROWS]])
    return len(heading.positions) if heading else 0


def _to_batches(
    rows: Rows, names: Sequence[str], places: Sequence[int]
) -> Iterator[pa.RecordBatch]:
    numbered = enumerate(rows, start=1)
    while some := list(islice(numbered, BATCH_ROWS)):
        columns = [
            pa.array([as_text(row[place]) for _, row in some], pa.string()) for place in places
        ]
        numbers = pa.array([number for number, _ in some], pa.int64())
        yield pa.RecordBatch.from_arrays([*columns, numbers], names=[*names, ROW])
