"""Weeks before an origin: without holidays, with their age, and the like day of a year ago."""

from datetime import date, timedelta

import numpy as np
import pytest

from cloud.forecast.history.history_view import (
    NEAR_D,
    HistoryView,
    compute_ages_w,
    compute_month_level,
)
from cloud.forecast.series import WEEK_H, ClockSeries

MONDAY = date(2026, 11, 23)
WEEKS = 4
FIRST_ON = MONDAY - timedelta(weeks=WEEKS)
WEDNESDAY = FIRST_ON + timedelta(days=2)
"""Of the first week."""
YEARS_W = 130
EASTERS = (date(2012, 4, 6), date(2012, 4, 9), date(2013, 3, 29), date(2013, 4, 1))
CHRISTMASES = tuple(date(year, 12, day) for year in (2011, 2012, 2013) for day in (25, 26))
NEW_YEARS = tuple(date(year, 1, 1) for year in (2012, 2013, 2014))
HOLIDAYS = frozenset((*EASTERS, *CHRISTMASES, *NEW_YEARS))


def series(weeks: int = WEEKS, ends_on: date = MONDAY) -> ClockSeries:
    """Each hour has the number of its week, from 1."""
    values = np.repeat(np.arange(1.0, weeks + 1), WEEK_H)[None]
    return ClockSeries(ends_on - timedelta(weeks=weeks), values)


def view(*holidays: date, weeks: int = WEEKS) -> HistoryView:
    return HistoryView.of(series(), frozenset(holidays), weeks)


def test_the_usual_weeks_are_without_holidays_and_the_raw_ones_with_them():
    past = view(WEDNESDAY, MONDAY + timedelta(days=3))

    assert past.first_on == FIRST_ON
    assert np.isfinite(past.raw).all()
    assert np.isnan(past.usual[0, 0]).nonzero()[0].tolist() == list(range(48, 72))
    assert np.isfinite(past.usual[0, 1:]).all()


def test_odd_hours_are_excluded_from_the_usual_weeks_only():
    odd = np.zeros((1, WEEKS * WEEK_H), dtype=bool)
    odd[0, WEEK_H + 5] = True
    past = HistoryView.of(ClockSeries(FIRST_ON, series().values, odd), frozenset(), WEEKS)

    assert np.argwhere(np.isnan(past.usual)).tolist() == [[0, 1, 5]]
    assert past.raw[0, 1, 5] == 2


def test_weeks_before_the_history_are_missing():
    past = view(weeks=6)
    assert np.isnan(past.usual[0, :2]).all()
    assert past.usual[0, 2:, 0].tolist() == [1, 2, 3, 4]


def test_the_latest_weeks_end_with_the_newest_observed_hour_of_each_series():
    values = np.concatenate([series().values] * 3)
    values[1, -WEEK_H - 5 :] = np.nan  # its newest hour is more than a week old
    values[2] = np.nan
    past = HistoryView.of(ClockSeries(FIRST_ON, values), frozenset(), WEEKS)

    assert compute_ages_w(past.raw).tolist() == [0, 1, WEEKS]
    assert past.latest(2)[0, :, 0].tolist() == [3, 4]
    assert past.latest(2)[1, :, 0].tolist() == [2, 3]
    assert np.isnan(past.latest(2)[2]).all()
    assert past.latest(4)[1, :, 0].tolist() == pytest.approx([np.nan, 1, 2, 3], nan_ok=True)


@pytest.mark.parametrize(
    ("missing_h", "age_w"), [(0, 0), (WEEK_H - 1, 0), (WEEK_H, 1), (2 * WEEK_H, 2)]
)
def test_the_age_is_in_whole_weeks(missing_h: int, age_w: int):
    values = series().values
    values[0, WEEKS * WEEK_H - missing_h :] = np.nan
    assert compute_ages_w(values.reshape(1, WEEKS, WEEK_H)).tolist() == [age_w]


def test_days_and_hours_of_a_holiday_are_those_of_sunday():
    coming = MONDAY + timedelta(days=1)
    past = view(coming)
    days = past.days(WEEKS)

    assert days.tolist() == list(range(28, 35))
    assert past.is_holiday(days).tolist() == [False, True, *[False] * 5]
    assert past.columns(days)[24:48].tolist() == list(range(6 * 24, 7 * 24))
    assert past.columns(days)[:24].tolist() == list(range(24))


def test_a_day_is_near_a_holiday_within_ten_days_and_nearest_beside_it():
    coming = MONDAY + timedelta(days=3)
    near = view(coming).nearness(np.arange(28 - 8, 35))

    # 8 days before Monday are 11 days before the holiday
    assert near.tolist() == [0, *[1] * 9, 2, 2, 2, 1, 1]
    assert NEAR_D == 10


@pytest.mark.parametrize(
    ("day", "like"),
    [
        (date(2013, 12, 25), date(2012, 12, 25)),  # the date counts, not the weekday
        (date(2013, 12, 24), date(2012, 12, 24)),
        (date(2013, 3, 29), date(2012, 4, 6)),  # Good Friday, a week earlier in the year
        (date(2013, 3, 30), date(2012, 4, 7)),
        (date(2013, 9, 18), date(2012, 9, 19)),  # a plain Wednesday
    ],
)
def test_a_day_is_like_the_one_with_the_same_holidays_around_it(day: date, like: date):
    past = HistoryView.of(series(YEARS_W, day), HOLIDAYS, YEARS_W)
    found = past.a_year_before(past.days(YEARS_W)[:1])

    assert past.first_on + timedelta(days=int(found[0])) == like


def test_a_year_before_the_history_is_negative():
    past = view()
    assert past.a_year_before(past.days(WEEKS)).tolist() == [day - 364 for day in range(28, 35)]


def test_the_month_is_the_last_four_weeks_and_unknown_without_an_observation():
    usual = series(6).last(6)
    usual[0, 5, :84] = np.nan

    assert compute_month_level(usual).tolist() == pytest.approx([(3 + 4 + 5 + 6 / 2) / 3.5])
    assert np.isnan(compute_month_level(np.full((1, 6, WEEK_H), np.nan))).all()


def test_the_profile_of_a_week_does_not_depend_on_later_weeks():
    values = series(20).values
    changed = values.copy()
    changed[0, 10 * WEEK_H :] = 1e6
    one, other = (
        HistoryView.of(ClockSeries(FIRST_ON, each), frozenset(), 20).profile(10)
        for each in (values, changed)
    )

    assert (one == other).all()
