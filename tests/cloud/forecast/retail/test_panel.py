"""Weeks that cannot teach a model are left out and counted; earlier weeks are found by number."""

from dataclasses import replace
from datetime import date

import numpy as np

from cloud.forecast.retail.panel import (
    SeriesCounts,
    count_weeks,
    encode,
    find_lag,
    find_monday,
    number_week,
)
from tests.cloud.forecast.retail.shop_weeks import simulate_weeks

PANEL = simulate_weeks(products=1, stores=2, weeks=4).panel


def test_weeks_without_sales_price_or_stock_are_left_out_and_counted():
    panel = replace(
        PANEL,
        units=np.array([0.0, 5, 5, 5, 5, 5, 5, 0]),
        price_minor=np.array([100.0, 100, np.nan, 100, 100, 100, 100, 100]),
        is_censored=np.array([False, True, False, False, False, False, False, True]),
    )
    assert count_weeks(panel) == SeriesCounts(used=4, without_sales=1, censored=2, without_price=1)
    assert len(panel.select_usable()) == 4


def test_a_lag_is_the_same_series_so_many_weeks_before():
    rows = PANEL.select(np.array([0, 1, 2, 3, 6, 7]))  # the third week is missing, then store 0, 1
    found = find_lag(rows, np.arange(6.0), 1)
    assert np.isnan(found[[0, 1]]).all()
    assert found[2:4].tolist() == [0.0, 1.0]
    assert np.isnan(found[4:]).all()
    assert find_lag(rows, np.arange(6.0), 2)[4:].tolist() == [2.0, 3.0]


def test_weeks_are_numbered_by_their_mondays():
    monday = date(2026, 11, 23)
    assert find_monday(number_week(monday)) == monday
    assert number_week(date(2026, 11, 29)) == number_week(monday)


def test_names_become_numbers_in_their_order():
    names, index = encode(["b", "a", "b"])
    assert names == ("a", "b")
    assert index.tolist() == [1, 0, 1]
