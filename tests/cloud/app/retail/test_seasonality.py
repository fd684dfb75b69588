"""The season of a product: an index by month, at one price, without what was not observed."""

from datetime import timedelta

import pytest

from cloud.app.retail.seasonality import read_season
from cloud.database.retail import retail_price_points
from tests.cloud.app.retail.shop_rows import add_point
from tests.cloud.app_context import FRIDAY_NOON
from tests.cloud.memory_database import in_memory

MONTH = timedelta(days=31)


def test_a_month_has_its_units_at_the_mean_price_over_those_of_an_average_month():
    with in_memory(retail_price_points) as connection:
        add_point(connection, units=10)
        add_point(connection, FRIDAY_NOON - MONTH, units=30)
        add_point(connection, FRIDAY_NOON - 2 * MONTH, units=99, promotion="deal")
        season = read_season(connection, "juice-1", None, FRIDAY_NOON)
    assert {one.month: one.index for one in season if one.points} == {11: 0.5, 10: 1.5}
    assert [one.index for one in season if not one.points] == [None] * 10


def test_units_are_moved_to_the_mean_price_with_the_elasticity():
    with in_memory(retail_price_points) as connection:
        for months, price in ((0, 200), (1, 400)):
            units = round(1000 * (price / 300) ** -2)
            add_point(connection, FRIDAY_NOON - months * MONTH, price_minor=price, units=units)
        season = read_season(connection, "juice-1", -2.0, FRIDAY_NOON)
    indices = [one.index for one in season if one.index is not None]
    assert indices == pytest.approx([1.0, 1.0], abs=0.001)


def test_without_a_point_every_month_is_unknown():
    with in_memory(retail_price_points) as connection:
        season = read_season(connection, "juice-1", -2.0, FRIDAY_NOON)
    assert [one.index for one in season] == [None] * 12
