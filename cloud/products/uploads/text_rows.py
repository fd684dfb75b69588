"""The rows of separated text, as text, with the rows of another width apart."""

import codecs
import contextlib
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

import pyarrow as pa
import pyarrow.csv as pc

from cloud.products.definitions.product import Upload
from cloud.products.uploads.file_format import TextFile
from cloud.products.uploads.headings import (
    SEARCHED_ROWS,
    Heading,
    find_heading,
    require_heading,
)
from cloud.products.uploads.refusal import UploadRefusedError

SEPARATORS: Final = (",", ";", "\t", "|")
SAMPLE_CHARACTERS: Final = 1 << 20
LONGEST_FIELD: Final = 1 << 17
BLOCK_BYTES: Final = 8 << 20
ROW: Final = "upload_row"


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is not read: its number, what is wrong, and its text."""

    row: int
    rule: str
    reason: str
    content: str


@dataclass(frozen=True, slots=True)
class FileRows:
    """Rows of a file as batches of text columns and `upload_row`; `bad` fills as they are read."""

    heading: Heading
    batches: Iterator[pa.RecordBatch]
    bad: list[BadRow]
    description: str


@dataclass(slots=True)
class _InvalidRows:
    """Rows whose number of cells differs, as the reader reports them."""

    width: int
    before: int
    bad: list[BadRow] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)

    def take(self, row: pc.InvalidRow) -> str:
        """Note the row and go on."""
        number = int(row.number) - self.before
        self.numbers.append(number)
        if row.text.strip():
            self.bad.append(
                BadRow(
                    number, "row_width",
                    f"found {row.actual_columns} cells, expected {self.width} as in the heading",
                    row.text[:2_000],
                )
            )  # fmt: skip
        return "skip"


def read_text(file: TextFile, upload: Upload) -> FileRows:
    """Open separated text; the rows are read when the batches are taken.

    Raises:
        UploadRefusedError: no heading is found, or its columns are not those of the upload.
    """
    sample = _read_sample(file)
    separator, rows, ends = _find_separator(sample, upload)
    if not rows:
        raise UploadRefusedError(
            f"the first row has a cell of more than {LONGEST_FIELD:,} characters, expected a "
            "heading"
        )
    heading = require_heading(upload, rows)
    invalid = _InvalidRows(heading.width, ends[heading.row])
    words = {"\t": "tab"}.get(separator, repr(separator))
    return FileRows(
        heading, _read_batches(file, separator, heading, ends, invalid),
        invalid.bad, f"text in {file.encoding}, separated by {words}",
    )  # fmt: skip


def _read_sample(file: TextFile) -> str:
    decoder = codecs.getincrementaldecoder(file.encoding)(errors="replace")
    with file.path.open("rb") as source:
        return decoder.decode(source.read(SAMPLE_CHARACTERS))


def _find_separator(sample: str, upload: Upload) -> tuple[str, list[list[str]], list[int]]:
    """The separator that finds the most columns, with the first rows and the lines they end on."""
    best: tuple[int, str, list[list[str]], list[int]] | None = None
    for separator in SEPARATORS:
        rows, ends = _split(sample, separator)
        heading = find_heading(upload, rows)
        found = len(heading.positions) if heading else 0
        if best is None or (found, len(rows)) > (best[0], len(best[2])):
            best = found, separator, rows, ends
    assert best is not None
    return best[1:]


def _split(sample: str, separator: str) -> tuple[list[list[str]], list[int]]:
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=separator)
    rows: list[list[str]] = []
    ends: list[int] = []
    with contextlib.suppress(csv.Error):  # a cell is too long: it is no cell with this separator
        for row in islice(reader, SEARCHED_ROWS):
            rows.append(row)
            ends.append(reader.line_num)
    return rows, ends


def _read_batches(
    file: TextFile,
    separator: str,
    heading: Heading,
    ends: Sequence[int],
    invalid: _InvalidRows,
) -> Iterator[pa.RecordBatch]:
    names = [f"c{number}" for number in range(heading.width)]
    wanted = [names[place] for place in heading.positions.values()]
    try:
        reader = pc.open_csv(
            file.path,
            read_options=pc.ReadOptions(
                skip_rows=ends[heading.row], column_names=names, block_size=BLOCK_BYTES,
                encoding="utf-8" if file.encoding == "utf-8-sig" else file.encoding,
                use_threads=False,
            ),
            parse_options=pc.ParseOptions(
                delimiter=separator, newlines_in_values=True, ignore_empty_lines=False,
                invalid_row_handler=invalid.take,
            ),
            convert_options=pc.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), include_columns=wanted,
                strings_can_be_null=False, check_utf8=False,
            ),
        )  # fmt: skip
        number = 0
        for batch in reader:
            rows, number = _number_rows(len(batch), number, invalid.numbers)
            yield pa.RecordBatch.from_arrays(
                [*batch.columns, rows], names=[*heading.positions, ROW]
            )
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            return
        raise UploadRefusedError(
            f"the file cannot be read as separated text: {str(error).splitlines()[0]}"
        ) from error
    except UnicodeDecodeError as error:
        raise UploadRefusedError(
            f"the file is not text in {file.encoding}: {error.reason} at byte {error.start:,}"
        ) from error


def _number_rows(rows: int, last: int, skipped: list[int]) -> tuple[pa.Array, int]:
    """Numbers of the next rows, counted from 1 below the heading, without those skipped."""
    numbers: list[int] = []
    if not skipped:
        return pa.array(range(last + 1, last + 1 + rows), pa.int64()), last + rows
    left = set(skipped)
    while len(numbers) < rows:
        last += 1
        if last not in left:
            numbers.append(last)
    skipped[:] = [number for number in skipped if number > last]
    return pa.array(numbers, pa.int64()), last
