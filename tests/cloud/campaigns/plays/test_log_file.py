"""Files are read as streams: rows by column, objects one by one, and what is no log is refused."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from cloud.campaigns.plays.log_file import (
    CHUNK,
    LogFileError,
    open_log,
    read_objects,
    read_rows,
    to_text,
)


def objects(text: str) -> list[object]:
    return list(read_objects(to_text(BytesIO(text.encode()))))


def test_objects_are_read_across_chunks_in_an_array_or_line_by_line() -> None:
    long = '{"a": "' + "x" * CHUNK + '"}'
    expected = [{"a": "x" * CHUNK}, {"a": 1}]
    for text in (
        f'{{"stats": [{long}, {{"a": 1}}]}}',
        f'[{long},{{"a":1}}]',
        f'{long}\n{{"a": 1}}',
    ):
        assert objects(text) == expected
    assert objects("[]") == objects("") == []
    with pytest.raises(LogFileError, match="object 2 is no JSON"):
        objects('[{"a": 1}, {"a"')


def test_a_file_is_read_row_by_row_and_never_as_a_whole() -> None:
    class Endless(BytesIO):
        """Rows without an end."""

        number = 0

        def read(self, size: int | None = -1) -> bytes:
            self.number += 1
            return b"a,b\n" if self.number < 3 else b"1,2\n" * 2_000

        read1 = read
        readable = writable = seekable = lambda self: True

    rows: Iterator[object] = iter(read_rows(to_text(Endless()), ("a",)))
    assert [next(rows) for _ in range(5_000)][-1] == {"a": "1", "b": "2"}


def test_rows_of_another_length_are_empty_and_blank_lines_are_left_out() -> None:
    text = to_text(BytesIO(b"A b;c\n1;2\n\n1;2;3\n1\n"))
    assert list(read_rows(text, ("a_b",))) == [{"a_b": "1", "c": "2"}, {}, {}]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "none.csv"
    with pytest.raises(LogFileError, match=r"none\.csv cannot be read"), open_log(path):
        pass
