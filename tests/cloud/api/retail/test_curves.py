"""Curves as the API writes them: decimals of the currency, null where nothing is known."""

from decimal import Decimal

import pytest

from cloud.api.retail.curves import describe_curve
from cloud.pricing.retail.row_view import ExpectedFigure, ExpectedWeek
from cloud.pricing.retail.scenarios import CurvePoint

FIGURE = ExpectedFigure(1234.4, 1000.0, 1500.0)


@pytest.mark.parametrize(
    ("currency", "revenue"), [("GBP", "12.34"), ("JPY", "1234"), ("KWD", "1.234")]
)
def test_amounts_have_the_decimals_of_the_currency(currency: str, revenue: str):
    point = CurvePoint(0.9, 314, 1, ExpectedWeek(FIGURE, FIGURE, None))
    (found,) = describe_curve(currency, 1, [point]).points
    assert (found.expected.revenue.value, found.expected.margin) == (Decimal(revenue), None)
    assert found.expected.units.value == 1234.4


def test_what_is_not_known_is_null():
    (found,) = describe_curve("GBP", 2, [CurvePoint(0.9, None, 0, None)]).points
    assert (found.price, found.expected) == (None, None)
