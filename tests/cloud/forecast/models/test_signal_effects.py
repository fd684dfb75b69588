"""Signals are features of the learner where a place has them, and are counted once."""

from datetime import date, datetime, time, timedelta

import numpy as np
import pytest

from cloud.forecast import venue_profiles
from cloud.forecast.history.history_view import HistoryView
from cloud.forecast.models import features, signal_effects
from cloud.forecast.models.blend import Blend
from cloud.forecast.models.boosted import Boosted, LearningError, TrainedModel
from cloud.forecast.models.features import LOOK_BACK_W
from cloud.forecast.models.recent import Recent
from cloud.forecast.models.signal_effects import WithSignals
from cloud.forecast.series import WEEK_H, ClockSeries
from cloud.forecast.signals import SeriesSignals, SignalLine, Signals

MONDAY = date(2026, 11, 23)
WEEKS = 140
FIRST_ON = MONDAY - timedelta(weeks=WEEKS)
HOURS = slice(2 * 24 + 10, 2 * 24 + 16)


def rain(*, coming: bool) -> Signals:
    """Six hours of rain a week on changing days; on the coming Wednesday if it is coming."""
    chance = np.random.default_rng(4)
    days = [FIRST_ON + timedelta(days=7 * week + int(chance.integers(7))) for week in range(WEEKS)]
    days += [MONDAY + timedelta(days=2)] * coming
    return Signals(("rain_mm",), tuple(spell(day) for day in days))


def spell(day: date) -> SignalLine:
    return SignalLine("rain_mm", *spell_of(day), 2.0)


def spell_of(day: date) -> tuple[datetime, datetime]:
    return datetime.combine(day, time(10)), datetime.combine(day, time(16))


def street(*, wet: int, dry: int) -> ClockSeries:
    """Streets that rain halves, and roofed ones of which nothing is told."""
    values = (
        400 * np.tile(venue_profiles.build_week_shape(FIRST_ON), WEEKS) * np.ones((wet + dry, 1))
    )
    values *= np.random.default_rng(1).lognormal(0, 0.1, values.shape)
    wet_hours = rain(coming=False).over(FIRST_ON, WEEKS * 7)[0] > 0
    values[:wet, wet_hours] *= 0.5
    return ClockSeries(FIRST_ON, values)


def test_without_signals_the_features_do_not_change():
    past = HistoryView.of(street(wet=1, dry=1), frozenset(), LOOK_BACK_W)
    plain, with_signal = (
        features.build_week_features(past, LOOK_BACK_W, signals, names)
        for signals, names in (
            (None, ()),
            (
                signal_effects.compute_signal_effects(
                    past, SeriesSignals((rain(coming=True), None)), LOOK_BACK_W
                ),
                ("rain_mm",),
            ),
        )
    )

    assert set(with_signal.names) - set(plain.names) == {"moved", "signal_rain_mm"}
    assert plain.names[-1] == with_signal.names[-1] == "series"
    assert np.isnan(with_signal.features[:, 1, with_signal.names.index("signal_rain_mm")]).all()
    assert (with_signal.base[1] == plain.base[1]).all()
    assert 0.4 < with_signal.base[0, HOURS].sum() / plain.base[0, HOURS].sum() < 0.7


def test_a_past_week_uses_what_was_known_before_it():
    history = street(wet=1, dry=0)
    with_signal = SeriesSignals((rain(coming=True),))
    past = HistoryView.of(history, frozenset(), WEEKS)
    week = WEEKS - 30
    then = history.until(past.first_on + timedelta(weeks=week))

    assert signal_effects.compute_signal_effects(past, with_signal, LOOK_BACK_W - 40).ratio(
        week
    ) == pytest.approx(
        signal_effects.compute_coming_ratio(then, frozenset(), with_signal), rel=1e-6
    )


@pytest.mark.slow
def test_a_learner_with_rain_forecasts_half_once_and_other_places_as_ever():
    pytest.importorskip("lightgbm")
    history = street(wet=1, dry=1)
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
    untold = learnt.week(history, frozenset())

    assert learnt.signals == ("rain_mm",)
    change = with_rain[0, 1, HOURS].sum() / without[0, 1, HOURS].sum()
    assert change == pytest.approx(0.5, abs=0.1)
    assert (with_rain[1] == untold[1]).all()


def test_a_signal_that_would_have_helped_is_a_feature_and_noise_is_not():
    history = street(wet=2, dry=0)
    chance = np.random.default_rng(8)
    days = [FIRST_ON + timedelta(days=int(day)) for day in chance.integers(0, WEEKS * 7, 200)]
    moon = tuple(SignalLine("moon", *spell_of(day), 1.0) for day in days)
    both = Signals(("moon", "rain_mm"), (*moon, *rain(coming=True).lines))
    past = HistoryView.of(history, frozenset(), WEEKS)

    assert signal_effects.compute_signal_effects(
        past, SeriesSignals((both, both)), LOOK_BACK_W - 40
    ).select_names() == ("rain_mm",)
    assert (
        signal_effects.compute_signal_effects(
            past, SeriesSignals((None, None)), LOOK_BACK_W - 40
        ).select_names()
        == ()
    )


def test_a_history_too_short_to_learn_from_is_refused_in_a_sentence():
    pytest.importorskip("lightgbm")
    short = ClockSeries(FIRST_ON, np.ones((1, 9 * WEEK_H)))

    with pytest.raises(LearningError, match="series of more than a year"):
        Blend(Boosted(trees=1), WithSignals(Recent(), SeriesSignals())).week(short, frozenset())
