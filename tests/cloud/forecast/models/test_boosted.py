"""The trained model: ratios to the recent weeks, limited by the history of the site."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pytest

from cloud.forecast.models.blend import Blend
from cloud.forecast.models.boosted import Boosted, LearningError, TrainedModel
from cloud.forecast.models.naive import SeasonalNaive
from cloud.forecast.models.recent import Recent
from cloud.forecast.models.signal_effects import WithSignals
from cloud.forecast.series import WEEK_H, ClockSeries
from cloud.forecast.signals import SeriesSignals
from tests.cloud.forecast.models.station_series import MONDAY, footfall

NONE: frozenset[date] = frozenset()


@dataclass(frozen=True)
class Ratio:
    """A booster that predicts the same ratio for every hour."""

    value: float

    def predict(self, rows: np.ndarray, *, num_threads: int) -> np.ndarray:
        assert num_threads == 1
        return np.full(len(rows), self.value)


def flat(weeks: int, *levels: float) -> ClockSeries:
    return ClockSeries(MONDAY, np.array(levels)[:, None] * np.ones(weeks * WEEK_H))


def test_a_predicted_ratio_is_added_to_the_recent_week_in_units_of_the_level():
    model = TrainedModel((Ratio(-0.1), Ratio(0.05), Ratio(0.2)))
    found = model.week(flat(20, 100, 400), NONE)

    assert found.shape == (2, 3, WEEK_H)
    assert found[0, :, 7].tolist() == pytest.approx([90, 105, 120])
    assert found[1, :, 7].tolist() == pytest.approx([360, 420, 480])


def test_quantiles_that_cross_are_put_in_order_and_extreme_ones_are_limited():
    crossed = TrainedModel((Ratio(0.2), Ratio(0.0), Ratio(-0.1))).week(flat(20, 100), NONE)
    assert crossed[0, :, 0].tolist() == pytest.approx([90, 100, 120])

    extreme = TrainedModel((Ratio(-9), Ratio(0.0), Ratio(39))).week(flat(20, 100), NONE)
    assert extreme[0, :, 0].tolist() == pytest.approx([0, 100, 250])


def test_a_history_too_short_to_learn_from_is_refused_with_what_to_do():
    pytest.importorskip("lightgbm")
    short = flat(9, 1)

    with pytest.raises(LearningError, match="series of more than a year"):
        Blend(Boosted(trees=1), WithSignals(Recent(), SeriesSignals())).week(short, NONE)


@pytest.mark.slow
def test_training_is_deterministic_and_better_than_repeating_the_last_week():
    pytest.importorskip("lightgbm")
    series = footfall(121)
    history = series.until(MONDAY + timedelta(weeks=120))
    truth = series.values[:, -WEEK_H:]
    once, again = (Boosted(trees=20).week(history, NONE) for _ in range(2))
    last_week = SeasonalNaive().week(history, NONE)

    assert (once == again).all()
    assert np.abs(once[:, 1] - truth).sum() < np.abs(last_week[:, 1] - truth).sum()
