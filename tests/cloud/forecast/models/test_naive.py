"""The last week again, with a Gaussian band from the changes between weeks."""

from datetime import date

import numpy as np
import pytest

from cloud.forecast.models.naive import Z80, SeasonalNaive
from cloud.forecast.series import WEEK_H, ClockSeries
from tests.cloud.forecast.models.station_series import MONDAY, footfall

NONE: frozenset[date] = frozenset()


def weeks_of(*levels: float) -> ClockSeries:
    """Weeks in which every hour has the same value, from a Monday on."""
    return ClockSeries(MONDAY, np.repeat(np.array(levels, dtype=float), WEEK_H)[None])


def test_the_next_week_is_the_last_hour_by_hour():
    series = footfall(3)
    assert (SeasonalNaive().week(series, NONE)[:, 1] == series.values[:, -WEEK_H:]).all()


def test_the_band_is_the_root_mean_square_of_the_weekly_changes_for_80_percent():
    # changes of 3 and -4 in every hour: the root of 12.5
    found = SeasonalNaive().week(weeks_of(100, 103, 99), NONE)[0, :, 0]

    assert found.tolist() == pytest.approx([99 - Z80 * 12.5**0.5, 99, 99 + Z80 * 12.5**0.5])
    assert pytest.approx(1.2816, abs=1e-4) == Z80  # P90 of a normal distribution


def test_a_band_does_not_reach_below_zero_and_one_week_has_none():
    assert SeasonalNaive().week(weeks_of(50, 1), NONE)[0, 0, 0] == 0
    assert SeasonalNaive().week(weeks_of(7), NONE)[0, :, 0].tolist() == [7, 7, 7]


def test_an_hour_not_observed_last_week_is_that_of_the_newest_of_eight_weeks():
    series = weeks_of(*range(1, 11))
    series.values[0, -WEEK_H + 5 :: WEEK_H] = np.nan
    for age in range(1, 8):
        series.values[0, -age * WEEK_H + 6] = np.nan
    for age in range(1, 9):
        series.values[0, -age * WEEK_H + 7] = np.nan
    middle = SeasonalNaive().week(series, NONE)[0, 1]

    assert middle[4:8].tolist() == pytest.approx([10, 9, 3, np.nan], nan_ok=True)


def test_changes_more_than_a_year_ago_do_not_widen_the_band():
    steady = weeks_of(1000, *[100] * 53)
    assert SeasonalNaive().week(steady, NONE)[0, :, 0].tolist() == [100, 100, 100]
