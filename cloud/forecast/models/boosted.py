"""Gradient boosting: one quantile model for all series, on ratios to the recent weeks.

It needs a year or more of several series, and training is expensive: train weekly, forecast
nightly. Hours of one week have correlated errors, so the number of different weeks counts: weeks
from every other midnight of two years, a sixth of the hours of each. The sanity bounds are needed:
without them one recovered sensor had a P90 forty times its highest hour, and others learnt from it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from cloud.forecast.history.history_view import HistoryView
from cloud.forecast.intervals.sanity_bounds import apply_sanity_bounds
from cloud.forecast.models import features, signal_effects
from cloud.forecast.models.features import LOOK_BACK_W
from cloud.forecast.models.signal_effects import SignalEffects
from cloud.forecast.series import WEEK_H, ClockSeries, Floats
from cloud.forecast.signals import NO_SERIES_SIGNALS, SeriesSignals

QUANTILES: Final = (0.1, 0.5, 0.9)
OLDEST_W: Final = 104
EARLIER: Final = tuple(timedelta(days=days) for days in (0, 2, 4, 6))
"""How much earlier the training weeks end: a forecast may start on any weekday."""
SHARE: Final = 1 / 6
"""The share of the hours of each week that is used for training."""
TARGET: Final = (-4.0, 6.0)
LEARNING: Final[dict[str, Any]] = {
    "objective": "quantile",
    "learning_rate": 0.1,
    "num_leaves": 31,
    "min_data_in_leaf": 100,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "max_bin": 127,
    "num_threads": 1,  # two threads on a busy machine are many times slower than one
    "deterministic": True,
    "seed": 1,
    "verbose": -1,
}


LEAST_LESSONS: Final = 1000


class LearningError(ValueError):
    """Series that are too short for training."""


@dataclass(frozen=True)
class TrainedModel:
    """One booster for each quantile, and the names of the signals that are features."""

    boosters: tuple[Any, ...]
    signals: tuple[str, ...] = ()
    name: str = "boosted"

    def to_text(self) -> str:
        """The text that is stored."""
        written = [booster.model_to_string() for booster in self.boosters]
        return json.dumps({"signals": self.signals, "boosters": written})

    @classmethod
    def from_text(cls, written: str) -> "TrainedModel":
        """The model of a stored text."""
        import lightgbm

        stored = json.loads(written)
        boosters = (lightgbm.Booster(model_str=one) for one in stored["boosters"])
        return cls(tuple(boosters), tuple(stored["signals"]))

    def week(
        self, history: ClockSeries, holidays: frozenset[date], effects: SignalEffects | None = None
    ) -> Floats:
        """The coming week of each series; `effects` are those of `compute_coming_effects`."""
        past = HistoryView.of(history, holidays, LOOK_BACK_W)
        coming = features.build_week_features(past, LOOK_BACK_W, effects, self.signals)
        flat = coming.features.reshape(-1, coming.features.shape[-1])
        raw = np.stack([booster.predict(flat, num_threads=1) for booster in self.boosters])
        ratios = raw.reshape(len(QUANTILES), WEEK_H, -1).transpose(2, 0, 1)
        plain = coming.base[:, None] + ratios * coming.scale[:, None, None]
        return apply_sanity_bounds(plain, history)


@dataclass(frozen=True)
class Boosted:
    """Trains a new model for every forecast."""

    trees: int = 150
    series_signals: SeriesSignals = NO_SERIES_SIGNALS
    name: str = "boosted"

    def week(self, history: ClockSeries, holidays: frozenset[date]) -> Floats:
        """See `Model.week`."""
        effects = signal_effects.compute_coming_effects(history, holidays, self.series_signals)
        return self.trained(history, holidays).week(history, holidays, effects)

    def trained(self, history: ClockSeries, holidays: frozenset[date]) -> TrainedModel:
        """A model trained on all weeks of two years."""
        import lightgbm

        pasts = [
            HistoryView.of(
                history.until(history.ends_on - earlier), holidays, OLDEST_W + LOOK_BACK_W
            )
            for earlier in EARLIER
        ]
        effects = [
            signal_effects.compute_signal_effects(past, self.series_signals, LOOK_BACK_W)
            for past in pasts
        ]
        names = effects[0].select_names()
        lessons = list(_lessons(pasts, effects, names))
        inputs = np.concatenate([lesson[0] for lesson in lessons])
        targets = np.concatenate([lesson[1] for lesson in lessons])
        if len(targets) < LEAST_LESSONS:
            raise LearningError(
                f"{len(targets)} hours to train on, {LEAST_LESSONS} are needed: use series of "
                "more than a year, or leave out the trained models"
            )
        which = inputs.shape[1] - 1  # the last feature names the series
        lesson = lightgbm.Dataset(
            inputs, targets, params=LEARNING, categorical_feature=[which], free_raw_data=False
        )
        return TrainedModel(
            tuple(
                lightgbm.train({**LEARNING, "alpha": share}, lesson, self.trees)
                for share in QUANTILES
            ),
            names,
        )


Lesson = tuple[np.ndarray, np.ndarray]


def _lessons(
    pasts: list[HistoryView], effects: list[SignalEffects], names: tuple[str, ...]
) -> Iterator[Lesson]:
    chance = np.random.default_rng(1)
    for past, of_past in zip(pasts, effects, strict=True):
        for at in range(LOOK_BACK_W, LOOK_BACK_W + OLDEST_W):
            week = features.build_week_features(past, at, of_past, names)
            yield _lesson(week, past.raw[:, at], chance)


def _lesson(week: features.WeekFeatures, truth: Floats, chance: np.random.Generator) -> Lesson:
    wanted = (truth - week.base) / week.scale[:, None]
    known = np.isfinite(wanted) & week.teaches[:, None] & (chance.random(wanted.shape) < SHARE)
    by_series = week.features.swapaxes(0, 1)
    return by_series[known].astype(np.float32), np.clip(wanted[known], *TARGET)
