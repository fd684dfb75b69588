"""Gradient boosting: one quantile model for all series together, on ratios to the recent weeks.

Hard truths. It needs a year or more of several series to be worth its training, which is the
expensive part: train weekly, forecast nightly. The guards are not decoration: without them one
sensor that came back from the dark gave a P90 forty times its highest hour and taught it to others.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np

from cloud.forecast.guard import guarded
from cloud.forecast.models import features
from cloud.forecast.models.features import LOOK_BACK_W, Past, Week
from cloud.forecast.series import WEEK_H, ClockSeries, Floats

QUANTILES: Final = (0.1, 0.5, 0.9)
EVERY_WEEK_W: Final = 26
OLDEST_W: Final = 104
TARGET: Final = (-4.0, 6.0)
LEARNING: Final[dict[str, Any]] = {
    "objective": "quantile",
    "learning_rate": 0.05,
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


@dataclass(frozen=True)
class Trained:
    """One booster for each quantile."""

    boosters: tuple[Any, ...]
    name: str = "boosted"

    def to_text(self) -> list[str]:
        """As it is stored."""
        return [booster.model_to_string() for booster in self.boosters]

    @classmethod
    def from_text(cls, written: list[str]) -> "Trained":
        """From what was stored."""
        import lightgbm

        return cls(tuple(lightgbm.Booster(model_str=one) for one in written))

    def week(self, history: ClockSeries, holidays: frozenset[date]) -> Floats:
        """The coming week of each series, guarded."""
        past = Past.of(history, holidays, LOOK_BACK_W)
        coming = features.week(past, LOOK_BACK_W)
        flat = coming.features.reshape(-1, coming.features.shape[-1])
        raw = np.stack([booster.predict(flat, num_threads=1) for booster in self.boosters])
        ratios = np.moveaxis(raw.reshape(len(QUANTILES), -1, WEEK_H), 0, 1)
        plain = coming.base[:, None] + ratios * coming.scale[:, None, None]
        return guarded(plain, history)


@dataclass(frozen=True)
class Boosted:
    """Trains afresh for every forecast."""

    trees: int = 300
    name: str = "boosted"

    def week(self, history: ClockSeries, holidays: frozenset[date]) -> Floats:
        """The next week as `Model.week` says."""
        return self.trained(history, holidays).week(history, holidays)

    def trained(self, history: ClockSeries, holidays: frozenset[date]) -> Trained:
        """Learn from every week of the last half year and every other one of two years."""
        import lightgbm

        past = Past.of(history, holidays, OLDEST_W + LOOK_BACK_W)
        lessons = [_lesson(past, at) for at in _weeks(OLDEST_W + LOOK_BACK_W)]
        given = np.concatenate([lesson[0] for lesson in lessons])
        wanted = np.concatenate([lesson[1] for lesson in lessons])
        which = given.shape[1] - 1  # the last feature names the series
        lesson = lightgbm.Dataset(
            given, wanted, params=LEARNING, categorical_feature=[which], free_raw_data=False
        )
        return Trained(
            tuple(
                lightgbm.train({**LEARNING, "alpha": share}, lesson, self.trees)
                for share in QUANTILES
            )
        )


def _weeks(coming: int) -> list[int]:
    ages = range(1, OLDEST_W + 1)
    return [coming - age for age in ages if age <= EVERY_WEEK_W or age % 2 == 0]


def _lesson(past: Past, at: int) -> tuple[np.ndarray, np.ndarray]:
    week: Week = features.week(past, at)
    wanted = (past.raw[:, at] - week.base) / week.scale[:, None]
    known = np.isfinite(wanted) & week.teaches[:, None]
    return week.features[known].astype(np.float32), np.clip(wanted[known], *TARGET)
