"""Hours of the local clock in whole days and weeks: gaps are missing, later hours are excluded."""

from datetime import date, timedelta

import numpy as np
import pytest

from cloud.forecast.series import EPOCH_DAY, WEEK_H, ClockSeries, clock_series

MONDAY = date(2026, 11, 23)
NOON_H = (MONDAY - EPOCH_DAY).days * 24 + 12
"""Monday at noon, in hours of the local clock since 1970."""


def count_up(days: int) -> ClockSeries:
    """The value of each hour is its number."""
    return ClockSeries(MONDAY, np.arange(24.0 * days)[None])


def test_hours_are_laid_in_whole_days_a_gap_is_missing_and_a_repeated_hour_is_a_mean():
    hours = np.array([NOON_H, NOON_H + 1, NOON_H + 1, NOON_H + 3])
    values = np.array([[5.0, 10.0, 30.0, 7.0], [0.0, 1.0, 2.0, 3.0]])
    found = clock_series(hours, values, ends_on=MONDAY + timedelta(days=1))

    assert (found.first_on, found.ends_on) == (MONDAY, MONDAY + timedelta(days=1))
    assert found.values.shape == (2, 24)
    assert found.values[0, 12:16].tolist() == pytest.approx([5, 20, np.nan, 7], nan_ok=True)
    assert found.values[1, 12:16].tolist() == pytest.approx([0, 1.5, np.nan, 3], nan_ok=True)
    assert np.isfinite(found.values).sum() == 6


def test_an_hour_of_the_last_day_or_later_is_excluded():
    hours = np.array([NOON_H, NOON_H + 12, NOON_H + 500])
    found = clock_series(hours, np.array([[1.0, 2.0, 3.0]]), ends_on=MONDAY + timedelta(days=1))

    assert found.values.shape == (1, 24)
    assert np.nansum(found.values) == 1


@pytest.mark.parametrize("hours", [[], [NOON_H]], ids=["no hour", "only later hours"])
def test_without_an_earlier_hour_the_series_is_empty_and_ends_on_the_day(hours: list[int]):
    values = np.ones((4, len(hours)))
    found = clock_series(np.array(hours, dtype=np.int64), values, ends_on=MONDAY)

    assert found.values.shape == (4, 0)
    assert found.first_on == found.ends_on == MONDAY


def test_weeks_before_the_first_hour_are_missing():
    found = count_up(8).last(2)

    assert found.shape == (1, 2, WEEK_H)
    assert np.isnan(found[0, 0, : WEEK_H - 24]).all()
    assert found[0, 0, -24:].tolist() == list(range(24))
    assert found[0, 1].tolist() == list(range(24, 8 * 24))
    assert count_up(8).last(0).shape == (1, 0, WEEK_H)


def test_the_observed_weeks_are_those_of_the_series_with_most_hours():
    values = np.full((2, 3 * WEEK_H), np.nan)
    values[0, :84] = 1
    values[1, -WEEK_H:] = 0  # an hour without visitors is observed
    series = ClockSeries(MONDAY, values)

    assert series.weeks_observed(3) == 1.0
    assert series.weeks_observed(1) == 1.0
    assert ClockSeries(MONDAY, values[:1]).weeks_observed(3) == 0.5
    assert ClockSeries(MONDAY, values[:1]).weeks_observed(1) == 0.0
    assert ClockSeries(MONDAY, np.empty((0, 0))).weeks_observed(3) == 0.0


def test_a_series_until_a_day_ends_on_that_day_with_its_marks():
    odd = np.zeros((1, 72), dtype=bool)
    odd[0, [3, 50]] = True
    series = ClockSeries(MONDAY, count_up(3).values, odd)
    found = series.until(MONDAY + timedelta(days=2))

    assert found.ends_on == MONDAY + timedelta(days=2)
    assert found.values[0].tolist() == list(range(48))
    assert found.odd is not None
    assert np.flatnonzero(found.odd).tolist() == [3]


@pytest.mark.parametrize("days", [0, 1, 2, 30])
def test_until_a_day_before_the_first_nothing_is_left(days: int):
    series = ClockSeries(MONDAY, count_up(5).values, np.ones((1, 120), dtype=bool))
    found = series.until(MONDAY - timedelta(days=days))

    assert found.values.shape == (1, 0)
    assert found.odd is not None
    assert found.odd.shape == (1, 0)
    assert found.ends_on == MONDAY - timedelta(days=days)


def test_days_that_are_left_out_are_missing_in_a_copy():
    series = count_up(3)
    outside = {MONDAY - timedelta(days=1), MONDAY + timedelta(days=3)}
    found = series.without(frozenset({MONDAY + timedelta(days=1), *outside}))

    assert np.isnan(found.values[0, 24:48]).all()
    assert found.values[0, :24].tolist() == list(range(24))
    assert found.values[0, 48:].tolist() == list(range(48, 72))
    assert np.isfinite(series.values).all()


def test_odd_hours_of_the_last_weeks_are_none_without_a_mark():
    values = count_up(8).values
    odd = np.zeros_like(values, dtype=bool)
    assert ClockSeries(MONDAY, values).last_odd(2) is None
    assert ClockSeries(MONDAY, values, odd).last_odd(2) is None

    odd[0, -1] = True
    found = ClockSeries(MONDAY, values, odd).last_odd(2)
    assert found is not None
    assert np.argwhere(found).tolist() == [[0, 1, WEEK_H - 1]]
