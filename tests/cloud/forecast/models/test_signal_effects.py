"""Signals are features of the learner where a place has them, and are counted once."""

from datetime import timedelta

import numpy as np
import pytest

from cloud.forecast.history.history_view import HistoryView
from cloud.forecast.models import signal_effects
from cloud.forecast.models.boosted import Boosted, TrainedModel
from cloud.forecast.models.features import LOOK_BACK_W
from cloud.forecast.signals import SeriesSignals, Signals
from tests.cloud.forecast.models.station_series import (
    RAIN_FIRST_ON,
    RAIN_WEEKS,
    WET_HOURS,
    rain,
    spell,
    streets,
)


def test_the_effects_of_a_past_week_use_earlier_weeks_only():
    history = streets(wet=1, dry=0)
    with_signal = SeriesSignals((rain(coming=True),))
    past = HistoryView.of(history, frozenset(), RAIN_WEEKS)
    week = RAIN_WEEKS - 30
    then = history.until(past.first_on + timedelta(weeks=week))

    assert signal_effects.compute_signal_effects(past, with_signal, LOOK_BACK_W - 40).ratio(
        week
    ) == pytest.approx(
        signal_effects.compute_coming_ratio(then, frozenset(), with_signal), rel=1e-6
    )


@pytest.mark.slow
def test_a_model_with_rain_forecasts_half_once_and_other_sites_unchanged():
    pytest.importorskip("lightgbm")
    history = streets(wet=1, dry=1)
    wet, dry = (SeriesSignals((rain(coming=coming), None)) for coming in (True, False))
    learnt = Boosted(trees=10, series_signals=wet).trained(history, frozenset())
    learnt = TrainedModel.from_text(learnt.to_text())
    with_rain, without = (
        learnt.week(
            history,
            frozenset(),
            signal_effects.compute_coming_effects(history, frozenset(), with_signal),
        )
        for with_signal in (wet, dry)
    )
    plain = learnt.week(history, frozenset())

    assert learnt.signals == ("rain_mm",)
    change = with_rain[0, 1, WET_HOURS].sum() / without[0, 1, WET_HOURS].sum()
    assert change == pytest.approx(0.5, abs=0.1)
    assert (with_rain[1] == plain[1]).all()


def test_a_signal_that_would_have_helped_is_a_feature_and_noise_is_not():
    history = streets(wet=2, dry=0)
    chance = np.random.default_rng(8)
    days = [
        RAIN_FIRST_ON + timedelta(days=int(day)) for day in chance.integers(0, RAIN_WEEKS * 7, 200)
    ]
    moon = tuple(spell("moon", day, 1.0) for day in days)
    both = Signals(("moon", "rain_mm"), (*moon, *rain(coming=True).lines))
    past = HistoryView.of(history, frozenset(), RAIN_WEEKS)

    assert signal_effects.compute_signal_effects(
        past, SeriesSignals((both, both)), LOOK_BACK_W - 40
    ).select_names() == ("rain_mm",)
    assert (
        signal_effects.compute_signal_effects(
            past, SeriesSignals((None, None)), LOOK_BACK_W - 40
        ).select_names()
        == ()
    )
