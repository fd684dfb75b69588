"""Requirements of every model: ordered percentiles, plausible values, no later data."""

from datetime import timedelta

import numpy as np
import pytest

from cloud.forecast.intervals.sanity_bounds import HIGHEST
from cloud.forecast.models.blend import Blend
from cloud.forecast.models.boosted import Boosted
from cloud.forecast.models.median import MedianProfile
from cloud.forecast.models.model import Model
from cloud.forecast.models.naive import SeasonalNaive
from cloud.forecast.models.recent import Recent
from cloud.forecast.series import WEEK_H, ClockSeries, Floats
from tests.cloud.forecast.models.station_series import MONDAY, footfall

PLAIN: list[Model] = [SeasonalNaive(), MedianProfile(), Recent()]
QUICK_BOOST = Boosted(trees=5)


@pytest.mark.parametrize("model", PLAIN, ids=lambda model: model.name)
@pytest.mark.parametrize("weeks", [1, 2, 5, 30])
def test_quantiles_are_in_order_whatever_the_history(model: Model, weeks: int):
    week = model.week(footfall(weeks), frozenset())

    assert week.shape == (2, 3, WEEK_H)
    assert np.isfinite(week).all()
    assert (week >= 0).all()
    assert (np.diff(week, axis=1) >= 0).all()


@pytest.mark.parametrize("model", PLAIN, ids=lambda model: model.name)
def test_without_a_history_the_forecast_is_missing_and_not_zero(model: Model):
    never_observed = np.full((2, 40 * WEEK_H), np.nan)

    assert np.isnan(model.week(footfall(0), frozenset())).all()
    assert np.isnan(model.week(ClockSeries(MONDAY, never_observed), frozenset())).all()


@pytest.mark.parametrize("model", PLAIN, ids=lambda model: model.name)
def test_hours_that_are_never_observed_are_never_forecast_as_zero(model: Model):
    # Every day from 11 to 15 the picture is overexposed.
    series = footfall(30, noise=0.0)
    values = series.values.copy().reshape(2, -1, 24)
    values[:, :, 11:15] = np.nan
    week = model.week(ClockSeries(MONDAY, values.reshape(2, -1)), frozenset())
    unobserved = np.tile((np.arange(24) >= 11) & (np.arange(24) < 15), 7)

    assert np.isnan(week[:, :, unobserved]).all()
    assert (week[:, 1, ~unobserved] > 0).all()


@pytest.mark.parametrize("model", PLAIN, ids=lambda model: model.name)
def test_a_steady_week_is_forecast_as_it_is(model: Model):
    steady = footfall(30, noise=0.0)
    week = model.week(steady, frozenset())

    assert week[:, 1] == pytest.approx(steady.values[:, -WEEK_H:], rel=0.1, abs=5)


@pytest.mark.parametrize("model", [MedianProfile(), Recent()], ids=lambda model: model.name)
def test_a_quarter_of_the_hours_missing_changes_little(model: Model):
    whole = footfall(30)
    incomplete = whole.values.copy()
    incomplete[np.random.default_rng(2).random(incomplete.shape) < 0.25] = np.nan
    complete, gaps = (
        model.week(series, frozenset()) for series in (whole, ClockSeries(MONDAY, incomplete))
    )

    assert gaps[:, 1].sum() == pytest.approx(complete[:, 1].sum(), rel=0.02)


@pytest.mark.parametrize("model", [MedianProfile(), Recent()], ids=lambda model: model.name)
def test_a_past_holiday_is_left_out_and_a_coming_one_is_a_sunday(model: Model):
    series = footfall(30, noise=0.0)
    bank_holiday = MONDAY + timedelta(weeks=29)
    values = series.values.copy()
    values[:, -WEEK_H : -WEEK_H + 24] = 0
    coming = MONDAY + timedelta(weeks=30)
    week = model.week(ClockSeries(MONDAY, values), frozenset({bank_holiday, coming}))
    usual = model.week(series, frozenset())

    assert week[:, 1, :24] == pytest.approx(week[:, 1, -24:])
    assert week[:, 1, 24:48] == pytest.approx(usual[:, 1, 24:48], rel=0.02)


@pytest.mark.parametrize("model", [MedianProfile(), Recent()], ids=lambda model: model.name)
def test_four_in_five_hours_fall_inside_the_band(model: Model):
    series = footfall(60, series=8, noise=0.25)
    inside = [coverage(model, series, weeks) for weeks in (40, 45, 50, 55)]

    assert 0.74 < np.mean(inside) < 0.86


def coverage(model: Model, series: ClockSeries, weeks: int) -> float:
    week = model.week(series.until(MONDAY + timedelta(weeks=weeks)), frozenset())
    truth = series.values[:, weeks * WEEK_H : (weeks + 1) * WEEK_H]
    return float(((week[:, 0] <= truth) & (truth <= week[:, 2])).mean())


def with_outage(series: ClockSeries, first: int, last: int) -> Floats:
    values = series.values.copy()
    values[0, first * WEEK_H : last * WEEK_H] = np.nan
    values[0, last * WEEK_H :] /= 30
    return values


@pytest.mark.slow
def test_a_recovered_sensor_has_a_bounded_forecast_in_every_model():
    # The first series is dark for half a year and returns at a thirtieth; the second is well.
    pytest.importorskip("lightgbm")
    series = footfall(120)
    incomplete = ClockSeries(MONDAY, with_outage(series, 90, 118))
    for model in (*PLAIN[1:], QUICK_BOOST, Blend(one=QUICK_BOOST)):
        week = model.week(incomplete, frozenset())
        highest = np.nanmax(incomplete.values[:, -52 * WEEK_H :], axis=1)

        assert (week.max(axis=(1, 2)) <= HIGHEST * highest).all(), model.name
        assert week[1, 1].sum() == pytest.approx(series.values[1, -WEEK_H:].sum(), rel=0.15)
