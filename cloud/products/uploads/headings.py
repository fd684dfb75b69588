"""Find the heading of a file: the row in which most of the declared columns are named."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cloud.products.definitions.columns import normalise_heading
from cloud.products.definitions.product import Upload
from cloud.products.uploads.refusal import UploadRefusedError

SEARCHED_ROWS: Final = 30
"""A title, a date and blank rows come before the heading of many reports, not more."""
MOST_COLUMNS: Final = 2_000
SHOWN: Final = 12


@dataclass(frozen=True, slots=True)
class Heading:
    """Where the heading is, and at which position each declared column stands.

    `row` counts from 0; `width` is its number of cells; `ignored` are headings of no column.
    """

    row: int
    width: int
    positions: Mapping[str, int]
    ignored: Sequence[str]


def find_heading(upload: Upload, rows: Sequence[Sequence[str]]) -> Heading | None:
    """The first row that names the most columns; None when no row names any."""
    names = {
        normalise_heading(heading): name
        for name, column in upload.columns.items()
        for heading in (name, *column.headings)
    }
    best: Heading | None = None
    repeated: Sequence[str | None] = ()
    for number, cells in enumerate(rows[:SEARCHED_ROWS]):
        found = [names.get(normalise_heading(cell)) for cell in cells]
        positions = {name: place for place, name in enumerate(found) if name}
        if positions and (best is None or len(positions) > len(best.positions)):
            ignored = [
                cell for cell, name in zip(cells, found, strict=True) if cell.strip() and not name
            ]  # fmt: skip
            best = Heading(number, len(cells), positions, ignored)
            repeated = found
    if best is not None:
        _refuse_repeated(repeated, rows[best.row])
    return best


def require_heading(upload: Upload, rows: Sequence[Sequence[str]]) -> Heading:
    """The heading with all required columns.

    Raises:
        UploadRefusedError: there is none; a column is missing, is named twice, or there are more
            columns than a table can have.
    """
    if not rows:
        raise UploadRefusedError("the file has no rows: expected a heading and rows")
    if len(rows[0]) > MOST_COLUMNS:
        raise UploadRefusedError(
            f"found {len(rows[0]):,} columns, expected at most {MOST_COLUMNS:,}"
        )
    heading = find_heading(upload, rows)
    required = [name for name, column in upload.columns.items() if column.required]
    missing = [name for name in required if heading is None or name not in heading.positions]
    if heading is None or missing:
        cells = rows[heading.row] if heading else rows[0]
        found = ", ".join(repr(cell[:40]) for cell in cells[:SHOWN] if cell.strip()) or "none"
        raise UploadRefusedError(
            f"found the headings {found}; expected also {', '.join(missing or required)}: rename "
            "the headings of the file, or add them to `headings` in product.yaml"
        )
    return heading


def _refuse_repeated(found: Sequence[str | None], cells: Sequence[str]) -> None:
    for name, times in Counter(name for name in found if name).items():
        if times > 1:
            twice = [cell for cell, one in zip(cells, found, strict=True) if one == name]
            raise UploadRefusedError(
                f"found the column {name} {times} times, as {', '.join(map(repr, twice[:SHOWN]))}; "
                "expected it once: remove the others"
            )
