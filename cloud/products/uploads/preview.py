"""How a file would be read: its columns, the first rows, and rows that cannot be read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cloud.products.definitions.product import Upload
from cloud.products.uploads.file_format import recognise
from cloud.products.uploads.parse import parse_file
from cloud.products.uploads.pseudonyms import Pseudonyms
from cloud.products.uploads.text_rows import BadRow

SHOWN_ROWS: Final = 20
PREVIEW_KEY: Final = bytes(32)
"""Pseudonyms of a preview are those of no key that is in use."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file would become, without anything stored."""

    description: str
    columns: Sequence[tuple[str, str]]
    ignored: Sequence[str]
    rows: Sequence[Sequence[Any]]
    good: int
    bad: Sequence[BadRow]
    bad_count: int

    def lines(self) -> Iterator[str]:
        """As text for a terminal."""
        yield self.description
        yield f"{self.good} rows can be read, {self.bad_count} cannot"
        if self.ignored:
            yield f"columns left out: {', '.join(self.ignored)}"
        yield "  ".join(f"{name} ({kind})" for name, kind in self.columns)
        for row in self.rows:
            yield "  ".join("-" if value is None else str(value) for value in row)
        for one in self.bad:
            yield f"row {one.row}: {one.reason}"


def preview_file(path: Path, upload: Upload) -> Preview:
    """Read the whole file and store nothing.

    Raises:
        UploadRefusedError: it would be refused, with the reason.
    """
    with parse_file(recognise(path), upload, Pseudonyms(PREVIEW_KEY)) as parsed:
        names = ", ".join(upload.columns)
        rows = parsed.connection.execute(
            f"SELECT {names} FROM parsed WHERE broken IS NULL "  # noqa: S608
            f"ORDER BY upload_row LIMIT {SHOWN_ROWS}"
        ).fetchall()
        return Preview(
            parsed.description,
            [(name, column.type.value) for name, column in upload.columns.items()],
            parsed.ignored,
            rows,
            parsed.good,
            parsed.bad[:SHOWN_ROWS],
            parsed.bad_count,
        )
