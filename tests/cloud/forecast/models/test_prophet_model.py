"""Prophet meets the requirements of every model, and fits no series that is too short."""

from datetime import timedelta

import numpy as np
import pytest

from cloud.forecast.models.prophet_model import Prophet
from cloud.forecast.series import WEEK_H, ClockSeries
from tests.cloud.forecast.models.station_series import MONDAY, footfall


def test_a_series_with_less_than_a_week_of_hours_is_not_fitted():
    short = footfall(1, series=1).values.copy()
    short[0, 100] = np.nan
    week = Prophet().week(ClockSeries(MONDAY, short), frozenset())

    assert week.shape == (1, 3, WEEK_H)
    assert np.isnan(week).all()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # Prophet's own, of the libraries below it
@pytest.mark.parametrize("tuned", [False, True])
def test_forecasts_are_in_order_near_the_truth_and_missing_without_observations(tuned: bool):
    pytest.importorskip("prophet")
    series = footfall(12, series=1)
    never_seen = np.full_like(series.values, np.nan)
    both = ClockSeries(MONDAY, np.concatenate([series.values, never_seen]))
    holiday = frozenset({MONDAY + timedelta(weeks=3)})
    week = Prophet(weeks=12, tuned=tuned).week(both, holiday)

    assert np.isfinite(week[0]).all()
    assert (np.diff(week[0], axis=0) >= 0).all()
    assert week[0, 1].sum() == pytest.approx(series.values[0, -WEEK_H:].sum(), rel=0.25)
    assert np.isnan(week[1]).all()
