"""Read a log file line by line: its encoding, its delimiter, and the columns of each row.

A file is read as a stream, whatever its size. What makes a whole file unusable (an encoding that
cannot be read, missing columns, lines without an end) raises LogFileError; a wrong row does not.
"""

import csv
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Any, BinaryIO, Final, TextIO

MAX_BYTES: Final = 1024**3
MAX_LINE: Final = 65_536
CHUNK: Final = 65_536
MAX_OBJECT: Final = 262_144
DELIMITERS: Final = (",", ";", "\t")
BYTE_ORDER_MARKS: Final = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}


class LogFileError(ValueError):
    """A file that cannot be read as a log at all; the message says what to do."""


@contextmanager
def open_log(path: Path) -> Iterator[TextIO]:
    """The text of a file; raises LogFileError."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise LogFileError(f"{path.name} has {size} bytes: split it, at most {MAX_BYTES}")
        with path.open("rb") as stream:
            yield to_text(stream)
    except OSError as error:
        raise LogFileError(f"{path.name} cannot be read: {error.strerror}") from None


def to_text(stream: BinaryIO) -> TextIO:
    """The text of a stream: UTF-8, or UTF-16 with a byte order mark."""
    begin = stream.read(4)
    stream.seek(0)
    encoding = next((name for mark, name in BYTE_ORDER_MARKS.items() if begin.startswith(mark)), "")
    return TextIOWrapper(stream, encoding or "utf-8", newline="")


def read_rows(text: TextIO, required: Collection[str]) -> Iterator[Mapping[str, str]]:
    """The rows of a CSV file by column; names are lower case with `_` for blanks.

    Raises:
        LogFileError: the header lacks a required column, or the file cannot be read.
    """
    lines = _read_lines(text)
    header = next(lines, "")
    delimiter = max(DELIMITERS, key=header.count)
    names = [_to_name(name) for name in next(csv.reader([header], delimiter=delimiter), [])]
    missing = sorted(set(required) - set(names))
    if missing:
        raise LogFileError(
            f"the header has no column {', '.join(missing)}: it has {', '.join(names)[:200]}"
        )
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        try:
            row = next(rows, None)
        except csv.Error as error:
            raise LogFileError(f"line {rows.line_num + 1} is no CSV: {error}") from None
        if row is None:
            return
        if any(row):
            yield dict(zip(names, row, strict=False)) if len(row) == len(names) else {}


def read_objects(text: TextIO) -> Iterator[Any]:
    """The objects of the first JSON array of a file, or of lines of JSON, one by one.

    Raises:
        LogFileError: the file is no JSON.
    """
    decoder, buffer, is_end, number = json.JSONDecoder(), "", False, 0
    buffer = _read_chunk(text)
    start = buffer.find("[")
    buffer = buffer[start + 1 :] if start >= 0 else buffer
    while True:
        buffer = buffer.lstrip(" \t\r\n,")
        if buffer.startswith("]") or (is_end and not buffer):
            return
        try:
            found, end = decoder.raw_decode(buffer)
        except RecursionError:
            raise LogFileError(f"object {number + 1} has too many levels: not a log") from None
        except ValueError:
            if is_end or len(buffer) > MAX_OBJECT:
                raise LogFileError(f"object {number + 1} is no JSON, or the file is cut") from None
            chunk = _read_chunk(text)
            is_end = not chunk
            buffer += chunk
            continue
        number += 1
        yield found
        buffer = buffer[end:]


def _read_lines(text: TextIO) -> Iterator[str]:
    number = 0
    while line := _read(text, MAX_LINE):
        number += 1
        if len(line) >= MAX_LINE:
            raise LogFileError(f"line {number} is longer than {MAX_LINE} characters: not a log")
        yield line.replace("\0", "")


def _read(text: TextIO, most: int) -> str:
    try:
        return text.readline(most)
    except UnicodeError:
        raise LogFileError("the file is neither UTF-8 nor UTF-16: export it as UTF-8") from None


def _read_chunk(text: TextIO) -> str:
    try:
        return text.read(CHUNK)
    except UnicodeError:
        raise LogFileError("the file is neither UTF-8 nor UTF-16: export it as UTF-8") from None


def _to_name(column: str) -> str:
    return column.strip().lower().replace(" ", "_")
