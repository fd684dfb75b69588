"""Texts are read as their type, or not at all."""

from datetime import UTC, date, datetime

import duckdb
import pytest

from cloud.products.definitions.columns import ColumnType, DayOrder, DecimalMark, UploadColumn
from cloud.products.definitions.product import Upload
from cloud.products.uploads.typed_columns import expected, typed

COMMA = {"decimal_mark": DecimalMark.COMMA}
DAYS = {"day_order": DayOrder.DAY_FIRST}
LONDON = {"time_zone": "Europe/London", **DAYS}
CASES = [
    ("money", {}, {"1234.50": 123450, "1,234.5": 123450, "£5": 500, "EUR 5": 500, "(12)": -1200,
                   "5-": -500, "-5": -500, ".5": 50, "12.3400": 1234, "12.345": None,
                   "12,50": None, "1.234,50": None, "1e5": None, "-": None, "1,23,456": None}),
    ("money", COMMA, {"1.234,50": 123450, "12,50": 1250, "1 234,5": 123450, "1234.50": None}),
    ("integer", {}, {"12": 12, "1,234": 1234, "12.0": 12, "12.5": None, "9" * 30: None}),
    ("percent", {}, {"94.19": 9419, "94.19 %": 9419, "0.94": 94}),
    ("thousandths", {}, {"25.421052631579": 25_421, "-1": -1_000, "1,000.5": 1_000_500, "x": None}),
    ("fraction", {}, {"0.9419": 9419, "94.19%": 9419, "1": 10_000}),
    ("date", {}, {"2026-12-31": date(2026, 12, 31), "31/12/2026": date(2026, 12, 31),
                  "12/31/2026": date(2026, 12, 31), "31.12.2026": date(2026, 12, 31),
                  "5 March 2026": date(2026, 3, 5), "03/03/2026": date(2026, 3, 3),
                  "03/04/2026": None, "31/31/2026": None, "0001-01-01": None}),
    ("date", DAYS, {"03/04/2026": date(2026, 4, 3), "12/31/2026": None}),
    ("timestamp", LONDON, {"2026-07-01T09:30:00+02:00": datetime(2026, 7, 1, 7, 30, tzinfo=UTC),
                           "2026-07-01 09:30": datetime(2026, 7, 1, 8, 30, tzinfo=UTC),
                           "01/07/2026 09:30": datetime(2026, 7, 1, 8, 30, tzinfo=UTC),
                           "2026-12-01": datetime(2026, 12, 1, tzinfo=UTC),
                           "2026-07-01 25:00": None}),
    ("code", {}, {"PO-000123": "PO123", " v 0017": "V17"}),
    ("boolean", {}, {"Yes": True, "0": False, "perhaps": None}),
    ("text", {}, {" a ": "a", "": None}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "options", "texts"), CASES)
def test_a_text_is_read_exactly_or_not_at_all(kind, options, texts):
    column = UploadColumn(type=ColumnType(kind))
    upload = Upload(table="t", title="T", files=("t",), columns={"c": column}, **options)
    sql = f"SELECT {typed(upload, 'c', column)} FROM (SELECT CAST(? AS VARCHAR) AS c)"
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        found = {text: connection.execute(sql, [text]).fetchone()[0] for text in texts}
    assert found == texts


def test_what_is_expected_names_the_setting_for_dates_of_two_readings():
    column = UploadColumn(type=ColumnType.DATE)
    upload = Upload(table="t", title="T", files=("t",), columns={"c": column})
    assert "day_order" in expected(upload, column)
