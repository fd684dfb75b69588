"""Values are written as an upload reads them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from cloud.products.definitions.columns import DecimalMark
from cloud.products.pulls import rows_file
from cloud.products.pulls.rows_file import RowsError, write_rows, write_value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""), (True, "true"), (7, "7"), (1e20, "1" + "0" * 20), (0.1, "0.1"),
        (Decimal("1E+3"), "1000"), (date(2026, 1, 5), "2026-01-05"), ("a,b", "a,b"),
        (datetime(2026, 1, 5, 6, tzinfo=UTC), "2026-01-05 06:00:00+00:00"),
    ],
)  # fmt: skip
def test_a_value_is_written_as_text(value, text):
    assert write_value(value, DecimalMark.POINT) == text


def test_decimals_have_the_mark_of_the_upload():
    assert write_value(Decimal("1234.5"), DecimalMark.COMMA) == "1234,5"


def test_a_value_of_another_type_is_refused_with_its_column(tmp_path):
    with pytest.raises(RowsError, match="column b: found a value of the type list, expected text"):
        write_rows(tmp_path / "x", ["a", "b"], [[(1, [2])]], DecimalMark.POINT)


def test_more_rows_than_a_file_may_have_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(rows_file, "LARGEST_BYTES", 10)
    with pytest.raises(RowsError, match="found more than 10 bytes of rows"):
        write_rows(tmp_path / "x", ["a"], [[("1",)] * 9], DecimalMark.POINT)
