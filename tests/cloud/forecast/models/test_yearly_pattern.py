"""Which day of last year corresponds to a day, and how much of its deviation returns."""

from datetime import date, timedelta

import numpy as np
import pytest

from cloud.forecast.history.history_view import HistoryView
from cloud.forecast.models import yearly_pattern
from cloud.forecast.models.recent import Recent
from cloud.forecast.series import WEEK_H, ClockSeries

WEEKS = 130
MONDAY = date(2013, 12, 23)
"""The coming week holds Christmas; the year before lies inside the history."""
EASTERS = (date(2012, 4, 6), date(2012, 4, 9), date(2013, 3, 29), date(2013, 4, 1))
CHRISTMASES = tuple(date(year, 12, day) for year in (2011, 2012, 2013) for day in (25, 26))
NEW_YEARS = tuple(date(year, 1, 1) for year in (2012, 2013, 2014))
HOLIDAYS = frozenset((*EASTERS, *CHRISTMASES, *NEW_YEARS))


def ending(ends_on: date, values: np.ndarray) -> ClockSeries:
    return ClockSeries(ends_on - timedelta(days=values.shape[-1] // 24), values)


def flat(ends_on: date) -> ClockSeries:
    return ending(ends_on, np.full((1, WEEKS * WEEK_H), 100.0))


def with_days(series: ClockSeries, *days: date, value: float) -> ClockSeries:
    values = series.values.copy()
    for day in days:
        start = (day - series.first_on).days * 24
        values[:, start : start + 24] = value
    return ClockSeries(series.first_on, values)


def test_most_of_a_holiday_recurs_and_little_of_an_ordinary_day():
    christmas = with_days(flat(MONDAY), *CHRISTMASES[:4], value=0)
    september = date(2013, 9, 16)
    odd = with_days(flat(september), september - timedelta(weeks=52), value=0)
    on_christmas = Recent().week(christmas, HOLIDAYS)[0, 1, 2 * 24 + 12]
    in_september = Recent().week(odd, HOLIDAYS)[0, 1, 12]

    assert on_christmas == pytest.approx(15, abs=2)  # 85 % of both years' emptiness
    assert in_september == pytest.approx(85, abs=2)  # 30 % of one year's, halved by the other


def test_a_year_without_observations_changes_nothing():
    young = ending(MONDAY, np.full((1, 40 * WEEK_H), 100.0))
    past = HistoryView.of(young, HOLIDAYS, yearly_pattern.LOOK_BACK_W)

    assert not yearly_pattern.compute_returning(past, yearly_pattern.LOOK_BACK_W).any()


def test_a_band_moves_with_its_middle_and_stays_in_order():
    rough = flat(MONDAY).values * np.random.default_rng(1).lognormal(0, 0.2, WEEKS * WEEK_H)
    week = Recent().week(with_days(ending(MONDAY, rough), *CHRISTMASES[:4], value=0), HOLIDAYS)
    spread = week[0, 2] - week[0, 0]

    assert (np.diff(week, axis=1) >= 0).all()
    assert spread[48:72].mean() < 0.5 * spread[:24].mean()
