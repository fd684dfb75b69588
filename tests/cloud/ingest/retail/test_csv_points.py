"""Rows of a CSV file, one line each."""

import io

import pytest

from cloud.ingest.retail.csv_points import COLUMNS, CsvPoints, split_line
from cloud.retail_wire import PriceMessage
from tests.cloud.ingest.retail.price_messages import GOOD

HEADER = ",".join(COLUMNS).encode()
ROW = ",".join("" if GOOD[name] is None else str(GOOD[name]) for name in COLUMNS).encode()


def test_a_file_is_read_from_where_it_stands() -> None:
    file = io.BytesIO(b"\n".join([HEADER, ROW, b"", ROW, ROW]))
    points = CsvPoints(file, "f.csv")
    assert [one.position for one in points.read(2)] == ["f.csv:2", "f.csv:4"]
    done = (points.done_bytes, points.done_lines)
    again = CsvPoints(io.BytesIO(file.getvalue()), "f.csv")
    again.skip_to(*done)
    assert [one.position for one in again.read(9)] == ["f.csv:5"]
    assert again.read(9) == []


def test_columns_may_be_in_any_order() -> None:
    names, values = HEADER.split(b",")[::-1], ROW.split(b",")[::-1]
    points = CsvPoints(io.BytesIO(b",".join(names) + b"\n" + b",".join(values)), "f.csv")
    (one,) = points.read(9)
    assert isinstance(one.read, PriceMessage)
    assert (one.read.units, one.read.price) == (12, "2.25")


@pytest.mark.parametrize(
    ("line", "values"),
    [(b"a,b\r\n", ["a", "b"]), (b'"a,b",""\n', ["a,b", ""]), (b'"say ""a""",b', ['say "a"', "b"])],
)
def test_values_may_be_quoted(line: bytes, values: list[str]) -> None:
    assert split_line(line) == values
