"""Scores of forecasts: four figures, each over the hours whose true count is known.

WQL is twice the mean pinball loss over P10, P50 and P90, per person counted; WAPE the absolute
error of P50 per person counted; MASE the same against the weekly naive error of the last weeks;
coverage the share of hours inside the interval. MAPE is left out: it is meaningless at night.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from cloud.forecast.series import WEEK_H, Floats

QUANTILES: Final = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True)
class ScoreSums:
    """What adds up over weeks, one entry for each series."""

    pinball: Floats
    absolute: Floats
    truth: Floats
    scaled: Floats
    inside: Floats
    below: Floats
    hours: Floats

    def __add__(self, other: "ScoreSums") -> "ScoreSums":
        pairs = ((getattr(self, name), getattr(other, name)) for name in self.__slots__)
        return ScoreSums(*(one + another for one, another in pairs))

    @property
    def wql(self) -> Floats:
        """Weighted quantile loss of each series."""
        return 2 * self.pinball / len(QUANTILES) / self.truth

    @property
    def wape(self) -> Floats:
        """Weighted absolute percentage error of each series."""
        return self.absolute / self.truth

    @property
    def mase(self) -> Floats:
        """Mean absolute scaled error of each series."""
        return self.scaled / self.hours

    @property
    def coverage(self) -> Floats:
        """How often the truth lay between P10 and P90."""
        return self.inside / self.hours


def compute_scores(truth: Floats, week: Floats, scale: Floats) -> ScoreSums:
    """Score one week: truth (series, 168), forecast (series, 3, 168), MASE scale (series)."""
    known = np.isfinite(truth)
    actual = np.where(known, truth, 0)
    low, middle, high = (np.where(known, week[:, at], 0) for at in range(3))
    missed = np.abs(actual - middle).sum(axis=-1)
    return ScoreSums(
        pinball=_pinball(actual, (low, middle, high)),
        absolute=missed,
        truth=actual.sum(axis=-1),
        scaled=missed / scale,
        inside=(known & (low <= truth) & (truth <= high)).sum(axis=-1).astype(float),
        below=(known & (truth < low)).sum(axis=-1).astype(float),
        hours=known.sum(axis=-1).astype(float),
    )


def compute_weekly_scale(history: Floats) -> Floats:
    """Mean absolute change from week to week over the last year: what MASE divides by."""
    recent = history[:, -53 * WEEK_H :]
    change = np.abs(recent[:, WEEK_H:] - recent[:, :-WEEK_H])
    known = np.isfinite(change)
    count = np.maximum(known.sum(axis=-1), 1)
    scale: Floats = np.where(known, change, 0).sum(axis=-1) / count
    return np.maximum(scale, 1e-9)


def _pinball(actual: Floats, week: tuple[Floats, ...]) -> Floats:
    loss = np.zeros(actual.shape[0])
    for share, forecast in zip(QUANTILES, week, strict=True):
        over = actual - forecast
        loss += np.maximum(share * over, (share - 1) * over).sum(axis=-1)
    return loss
