"""CSV files: missing is empty, and no text becomes a formula."""

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

from cloud.app.server.csv_answer import answer_csv, write_csv


def test_a_missing_value_is_empty_and_numbers_keep_their_decimals():
    written = write_csv(["a", "b", "c"], [[None, Decimal("1.20"), -3], ["x,y", 0, 0.5]])
    assert written == 'a,b,c\r\n,1.20,-3\r\n"x,y",0,0.5\r\n'


def test_a_text_that_begins_like_a_formula_is_a_text():
    written = write_csv(["name"], [['=HYPERLINK("x")'], ["@sum"], ["-1+1"], ["Acme"]])
    assert [row[0] for row in csv.reader(io.StringIO(written))][1:] == [
        "'=HYPERLINK(\"x\")", "'@sum", "'-1+1", "Acme",
    ]  # fmt: skip


def test_the_answer_is_a_file_with_instants_in_utc():
    answer = answer_csv("orders", ["at"], [[datetime(2026, 11, 23, 7, tzinfo=UTC)]])
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="orders.csv"'
    assert answer.body == b"at\r\n2026-11-23T07:00:00Z\r\n"
