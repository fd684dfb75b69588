"""The default model: weighted recent weeks, however old, and which hours were observed."""

from datetime import date, timedelta

import numpy as np
import pytest

from cloud.forecast.intervals.conformal import mark_weekend
from cloud.forecast.models.recent import Recent
from cloud.forecast.series import WEEK_H, ClockSeries
from tests.cloud.forecast.models.station_series import MONDAY, footfall

NONE: frozenset[date] = frozenset()
WEEKEND = mark_weekend(MONDAY)


def test_an_unobserved_hour_is_that_of_its_kind_of_day():
    one = footfall(1, noise=0.0)
    incomplete = one.values.copy()
    incomplete[:, 24 + 8] = np.nan  # Tuesday at eight
    week = Recent().week(ClockSeries(MONDAY, incomplete), NONE)

    assert week[:, 1, 24 + 8] == pytest.approx(one.values[:, 24 + 8], rel=0.05)


def test_a_weekend_that_was_never_observed_has_the_hours_of_all_days():
    one = footfall(4, noise=0.0)
    incomplete = one.values.copy().reshape(2, 4, 7, 24)
    incomplete[:, :, 5:] = np.nan
    week = Recent().week(ClockSeries(MONDAY, incomplete.reshape(2, -1)), NONE)

    assert week[:, 1, 5 * 24 : 6 * 24] == pytest.approx(one.values[:, :24], rel=0.05)


def test_the_middles_of_all_runs_are_those_of_each_run_alone():
    weeks = footfall(20).last(20)
    weeks[0, 3, 50:90] = np.nan
    model = Recent()
    found = model.middles(weeks, weekend=WEEKEND)

    assert found.shape == (2, 5, WEEK_H)
    for run in range(5):
        alone = model.middle(weeks[:, : model.weeks + run], weekend=WEEKEND)
        assert found[:, run] == pytest.approx(alone)


def test_half_of_one_unusual_week_is_expected_in_the_next():
    series = footfall(30, noise=0.0)
    values = series.values.copy()
    values[:, -WEEK_H:] *= 2
    week = Recent().week(ClockSeries(MONDAY, values), NONE)

    assert week[:, 1].sum() == pytest.approx(1.55 * series.values[:, -WEEK_H:].sum(), rel=0.02)


def test_a_lasting_change_is_followed_after_some_weeks():
    series = footfall(30, noise=0.0)
    values = series.values.copy()
    values[:, -6 * WEEK_H :] *= 2
    week = Recent().week(ClockSeries(MONDAY, values), NONE)

    assert week[:, 1] == pytest.approx(2 * series.values[:, -WEEK_H:], rel=0.1)


@pytest.mark.parametrize("age_weeks", [1, 20])
def test_old_observations_are_forecast_as_if_they_were_the_latest(age_weeks: int):
    series = footfall(30)
    gap = np.full((2, age_weeks * WEEK_H), np.nan)
    old = ClockSeries(MONDAY, np.concatenate([series.values, gap], axis=1))

    assert Recent().week(old, NONE)[:, 1] == pytest.approx(Recent().week(series, NONE)[:, 1])


def test_each_hour_is_marked_that_was_observed_in_the_last_weeks():
    series = footfall(40)
    values = series.values.copy().reshape(2, 40, WEEK_H)
    values[0, :, 8] = np.nan
    values[1, -16:, 9] = np.nan  # observed before, but too long ago
    values[1, -16, 10] = np.nan
    ahead = Recent().ahead(ClockSeries(MONDAY, values.reshape(2, -1)), NONE)

    assert np.argwhere(~ahead.usual_observed).tolist() == [[0, 8], [1, 9]]
    assert (ahead.coming_observed == ahead.usual_observed).all()


def test_a_coming_holiday_is_a_sunday_in_the_coming_week_and_not_in_the_usual_one():
    series = footfall(30, noise=0.0)
    values = series.values.copy()
    values[:, 6 * 24 + 8 :: WEEK_H] = np.nan  # Sunday at eight
    tuesday = MONDAY + timedelta(weeks=30, days=1)
    ahead = Recent().ahead(ClockSeries(MONDAY, values), frozenset({tuesday}))

    assert ahead.coming[:, 1, 24:48] == pytest.approx(ahead.usual[:, 1, -24:])
    assert ahead.usual[:, 1, 24:48] == pytest.approx(series.values[:, 24:48], rel=0.02)
    assert np.argwhere(~ahead.coming_observed[0]).ravel().tolist() == [24 + 8, 6 * 24 + 8]


def test_many_series_have_the_forecasts_of_each_alone():
    series = footfall(20, series=9)
    together = Recent().week(series, NONE)
    last = Recent().week(ClockSeries(MONDAY, series.values[8:]), NONE)

    assert together[8:] == pytest.approx(last)
