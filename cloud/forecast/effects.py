"""What signals do to a place: read off its own past, carried into the coming week.

Hard truths. Only what is *new* counts: six weeks of school holidays are in the usual week already.
So a signal is compared with what it was, on average, in the weeks that the usual week is made of,
and the count with that usual week. One evening with an event proves little: what a signal showed
in a day of hours is believed by half.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from cloud.forecast import conformal, weekly
from cloud.forecast.guard import guarded
from cloud.forecast.model import Model
from cloud.forecast.models.recent import Recent
from cloud.forecast.past import Past
from cloud.forecast.series import WEEK_H, ClockSeries, Floats
from cloud.forecast.signals import Signals

LESSONS_W: Final = 52
HALF_BELIEVED_H: Final = 24.0
MISSES: Final = (-1.0, 3.0)
LEAST, MOST = 0.25, 4.0
"""No signal changes an hour by more than this."""


@dataclass(frozen=True)
class WithSignals:
    """Any model, moved by what the signals of the place say."""

    model: Model
    signals: Signals

    @property
    def name(self) -> str:
        """The model's own."""
        return self.model.name

    def week(self, history: ClockSeries, holidays: frozenset[date]) -> Floats:
        """The next week as `Model.week` says."""
        plain = self.model.week(history, holidays)
        return guarded(plain * ratio(history, holidays, self.signals)[:, None], history)


def ratio(history: ClockSeries, holidays: frozenset[date], signals: Signals) -> Floats:
    """What to multiply each hour of the coming week by: (series, 168)."""
    plain = Recent()
    past = Past.of(history, holidays, LESSONS_W + plain.weeks)
    middle = plain.middles(past.usual, weekend=conformal.weekend(past.first_on))[:, :-1]
    said = _said(signals, history.ends_on, plain)
    offset = conformal.offset(middle)
    miss = np.clip((past.usual[:, plain.weeks :] - middle) / (middle + offset), *MISSES)
    known = np.isfinite(miss)
    worth = np.where(known, middle + offset, 0)
    worth /= np.maximum(worth.sum(axis=(1, 2), keepdims=True), 1e-12)
    worth *= known.sum(axis=(1, 2), keepdims=True)
    effects = _ridge(said[:, :-1], np.nan_to_num(miss), worth)
    moved: Floats = 1 + effects @ said[:, -1]
    return np.clip(moved, LEAST, MOST)


def _said(signals: Signals, ends_on: date, plain: Recent) -> Floats:
    """How much more each signal says than in the weeks before: (signals, weeks + 1, 168).

    In units of what it usually says where it speaks.
    """
    weeks = LESSONS_W + plain.weeks + 1
    hours = signals.over(ends_on - timedelta(weeks=weeks - 1), weeks * 7)
    speaks = np.maximum((hours != 0).sum(axis=1, keepdims=True), 1)
    size = np.sqrt((hours**2).sum(axis=1, keepdims=True) / speaks)
    scaled = (hours / np.where(size > 0, size, 1)).reshape(len(hours), weeks, WEEK_H)
    worth = 0.5 ** (np.arange(plain.weeks)[::-1] / plain.half_life_weeks)
    before = (worth / worth.sum()) @ weekly.windows(scaled[:, :-1], plain.weeks)
    more: Floats = scaled[:, plain.weeks :] - before
    return more


def _ridge(said: Floats, miss: Floats, worth: Floats) -> Floats:
    """The effect of each signal on each series: (series, signals)."""
    flat = said.reshape(len(said), miss[0].size)
    effects = []
    for missed, weight in zip(miss, worth, strict=True):
        weighted = flat * weight.ravel()
        square = weighted @ flat.T + HALF_BELIEVED_H * np.eye(len(flat))
        effects.append(np.linalg.solve(square, weighted @ missed.ravel()))
    return np.stack(effects)
