"""The median of eight weeks at the latest level; one wrong hour does not change it."""

from datetime import date, timedelta

import numpy as np
import pytest

from cloud.forecast.models.median import MedianProfile
from cloud.forecast.series import WEEK_H, ClockSeries
from tests.cloud.forecast.models.station_series import MONDAY, footfall

NONE: frozenset[date] = frozenset()


def test_one_wrong_hour_changes_no_hour_by_more_than_its_share_of_the_level():
    series = footfall(30, noise=0.0)
    values = series.values.copy()
    values[:, -WEEK_H + 3] = 0  # at night, where few are counted
    found = MedianProfile().week(ClockSeries(MONDAY, values), NONE)
    usual = MedianProfile().week(series, NONE)

    assert found[:, 1] == pytest.approx(usual[:, 1], rel=0.005)


def test_the_level_of_the_latest_week_counts_half():
    series = footfall(30, noise=0.0)
    values = series.values.copy()
    values[:, -WEEK_H:] *= 2
    found = MedianProfile().week(ClockSeries(MONDAY, values), NONE)

    # levels 1, 1, ..., 1, 2, each half as much as the next
    level = 1 + 0.5 / (1 - 0.5**8)
    assert found[:, 1] == pytest.approx(level * series.values[:, -WEEK_H:], rel=1e-6)


def test_a_past_holiday_is_excluded_and_a_coming_one_has_the_hours_of_sunday():
    series = footfall(30, noise=0.0)
    values = series.values.copy()
    values[:, -WEEK_H : -WEEK_H + 24] = 0
    coming = MONDAY + timedelta(weeks=30)
    holidays = frozenset({coming - timedelta(weeks=1), coming})
    found = MedianProfile().week(ClockSeries(MONDAY, values), holidays)[:, 1]

    assert found[:, :24] == pytest.approx(series.values[:, -24:])
    assert found[:, 24:] == pytest.approx(series.values[:, -WEEK_H + 24 :])


def test_an_hour_that_no_week_observed_has_no_forecast():
    values = footfall(9).values.copy()
    values[0, 5::WEEK_H] = np.nan
    found = MedianProfile().week(ClockSeries(MONDAY, values), NONE)

    assert np.isnan(found[0, :, 5]).all()
    assert np.isfinite(found).all(axis=1).sum() == 2 * WEEK_H - 1
