"""Every forecast is in order, from zero to 2.5 times the highest hour of the last year."""

from datetime import date

import numpy as np
import pytest

from cloud.forecast.intervals.sanity_bounds import apply_sanity_bounds, widen
from cloud.forecast.series import WEEK_H, ClockSeries

MONDAY = date(2024, 1, 1)


def history(weeks: int, value: float = 100.0) -> ClockSeries:
    return ClockSeries(MONDAY, np.full((1, weeks * WEEK_H), value))


def bounded(history: ClockSeries, *quantiles: float) -> list[float]:
    week = np.array(quantiles)[None, :, None] * np.ones(WEEK_H)
    found = apply_sanity_bounds(week, history)
    assert (found == found[..., :1]).all() or np.isnan(found).all()
    return found[0, :, 0].tolist()


def test_quantiles_are_put_in_order_between_zero_and_the_limit():
    assert bounded(history(3), 80, 90, 100) == [80, 90, 100]
    assert bounded(history(3), 120, 90, 80) == [80, 90, 120]
    assert bounded(history(3), -5, 90, 260) == [0, 90, 250]
    assert bounded(history(3), 300, 1e9, np.inf) == [250, 250, 250]


def test_the_limit_is_that_of_the_highest_hour_of_each_series():
    values = np.full((2, 2 * WEEK_H), np.nan)
    values[0, 5], values[1, 7] = 10.0, 40.0
    found = apply_sanity_bounds(np.full((2, 3, WEEK_H), 1e6), ClockSeries(MONDAY, values))

    assert found[:, 2, 0].tolist() == [25, 100]


def test_an_hour_more_than_a_year_old_sets_no_limit():
    values = history(53).values
    values[0, 0] = 1000.0  # in the 53rd week before the end
    assert bounded(ClockSeries(MONDAY, values), 1, 1, 1e6) == [1, 1, 250]
    values[0, WEEK_H] = 1000.0
    assert bounded(ClockSeries(MONDAY, values), 1, 1, 1e6) == [1, 1, 2500]


@pytest.mark.parametrize("weeks", [0, 2])
def test_without_an_observed_hour_there_is_no_limit(weeks: int):
    assert bounded(history(weeks, np.nan), -1, 5, 1e6) == [0, 5, 1e6]


def test_a_year_without_visitors_allows_none():
    assert bounded(history(2, 0.0), 1, 2, 3) == [0, 0, 0]


def test_an_hour_without_a_forecast_stays_missing():
    assert np.isnan(bounded(history(2), np.nan, np.nan, np.nan)).all()


def test_a_wider_band_has_the_same_middle():
    week = np.array([6.0, 10.0, 18.0])[None, :, None] * np.ones(WEEK_H)
    times = np.where(np.arange(WEEK_H) < 24, 2.0, 0.5)

    assert widen(week, 1.5)[0, :, 0].tolist() == [4, 10, 22]
    assert widen(week, times)[0, :, 0].tolist() == [2, 10, 26]
    assert widen(week, times)[0, :, 24].tolist() == [8, 10, 14]
