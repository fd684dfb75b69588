"""Price points of a CSV file, some lines at a time.

A line is a row: no value of a point has a line break, so an open quote spoils one line only. The
first line names the columns, which are those of `PriceMessage` in any order.
"""

import csv
from typing import IO, Final

import msgspec

from cloud.ingest.retail.decode import MOST_BYTES, ReceivedPoint, convert_point
from cloud.ingest.retail.price_error import PriceError, PriceRefusal, describe_refusal
from cloud.retail_wire import PriceErrorReason, PriceMessage

BOM: Final = b"\xef\xbb\xbf"
WHOLE_NUMBERS: Final = frozenset({"units", "inventory"})
_FIELDS: Final = msgspec.structs.fields(PriceMessage)
COLUMNS: Final = tuple(field.name for field in _FIELDS)
REQUIRED: Final = tuple(field.name for field in _FIELDS if field.required)


class CsvFileError(ValueError):
    """A file that is not one of price points; nothing of it is read."""


class CsvPoints:
    """Reads a file from the place where it stands; `done_lines` is the number of the last line."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file = file
        self._name = name
        self.done_lines = 1
        self.columns = _read_header(file.readline(MOST_BYTES), name)

    @property
    def done_bytes(self) -> int:
        """Where the next line begins."""
        return self._file.tell()

    def skip_to(self, done_bytes: int, done_lines: int) -> None:
        """Go on where an earlier run ended."""
        self._file.seek(done_bytes)
        self.done_lines = done_lines

    def read(self, most: int) -> list[ReceivedPoint]:
        """The points of the next lines, `most` at most; empty at the end of the file."""
        points: list[ReceivedPoint] = []
        while len(points) < most and (line := self._file.readline(MOST_BYTES + 1)):
            self.done_lines += 1
            position = f"{self._name}:{self.done_lines}"
            if len(line) > MOST_BYTES:
                size = len(line) + self._skip_line(line)
                points.append(ReceivedPoint(position, _refuse_long(line, size, position)))
            elif line.strip():
                points.append(ReceivedPoint(position, self._read_line(line, position)))
        return points

    def _skip_line(self, start: bytes) -> int:
        """Go to the next line; returns how many bytes were passed."""
        passed, part = 0, start
        while part and not part.endswith(b"\n"):
            part = self._file.readline(MOST_BYTES)
            passed += len(part)
        return passed

    def _read_line(self, line: bytes, position: str) -> PriceMessage | PriceError:
        try:
            values = split_line(line)
        except (UnicodeDecodeError, csv.Error) as error:
            found = "bytes that are not UTF-8" if isinstance(error, ValueError) else str(error)
            return _refuse(found, "one row of CSV in UTF-8", position, line)
        if len(values) != len(self.columns):
            return _refuse(
                f"{len(values)} values", f"{len(self.columns)}, one for each column", position, line
            )
        fields = {
            name: _read_value(name, value)
            for name, value in zip(self.columns, values, strict=True)
            if value
        }
        return convert_point(fields, position)


def split_line(line: bytes) -> list[str]:
    """The values of a line; raises UnicodeDecodeError or csv.Error."""
    text = line.decode().rstrip("\r\n")
    return text.split(",") if '"' not in text else next(csv.reader([text], strict=True))


def _read_header(line: bytes, name: str) -> tuple[str, ...]:
    try:
        found = split_line(line.removeprefix(BOM))
    except (UnicodeDecodeError, csv.Error) as error:
        raise CsvFileError(
            f"{name}:1 is no line of CSV in UTF-8 ({error}): save the file as UTF-8"
        ) from error
    missing = [column for column in REQUIRED if column not in found]
    unknown = [column for column in found if column not in COLUMNS]
    if missing or unknown or len(set(found)) < len(found):
        shown = ", ".join(found)[:300]
        raise CsvFileError(
            f"{name}:1: found the columns {shown}; expected each of {', '.join(REQUIRED)} once, "
            f"and, where known, {', '.join(sorted(set(COLUMNS) - set(REQUIRED)))}"
        )
    return tuple(found)


def _read_value(name: str, text: str) -> str | int:
    if name not in WHOLE_NUMBERS:
        return text
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(text) < 20 else text


def _refuse(found: str, expected: str, position: str, line: bytes) -> PriceError:
    refusal = PriceRefusal(PriceErrorReason.UNREADABLE, None, found, expected)
    return describe_refusal(refusal, position, line)


def _refuse_long(line: bytes, size: int, position: str) -> PriceError:
    refusal = PriceRefusal(
        PriceErrorReason.TOO_LARGE, None, f"{size} bytes", f"at most {MOST_BYTES} bytes of a line"
    )
    return describe_refusal(refusal, position, line)
