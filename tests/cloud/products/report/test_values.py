"""Values in words: rounded half up, and a null is no zero."""

from datetime import date

import pytest

from cloud.products.definitions.product import Unit
from cloud.products.report.values import write_value


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("thousandths", 12_345, "12.3"),
        ("thousandths", 1_150, "1.2"),
        ("thousandths", -1_150, "-1.2"),
        ("thousandths", 0, "0.0"),
        ("thousandths", -34, "0.0"),
        ("thousandths", None, "no data"),
        ("basis_points", 9_419, "94.19 %"),
        ("money", 123_456_789, "1,234,567.89"),
        ("count", 12_000, "12,000"),
        ("month", date(2026, 2, 1), "2026-02"),
        ("date", date(2026, 2, 11), "2026-02-11"),
        ("text", "V17", "V17"),
    ],
)
def test_values_are_written_by_their_unit(kind, value, shown):
    assert write_value(value, Unit(kind=kind)) == shown


def test_money_has_its_currency():
    assert write_value(150, Unit(kind="money", currency="GBP")) == "1.50 GBP"
