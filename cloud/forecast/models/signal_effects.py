"""Effects of signals at a site: estimated from its own past, applied to the coming week.

Only changes count: six weeks of school holidays are part of the usual week already. A signal is
therefore compared with its mean over the weeks of the usual week, and the count with that usual
week. One evening with an event is weak evidence: an effect observed in 24 hours counts by half.
The effects of a past week are estimated from earlier weeks only.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from cloud.forecast import weekly
from cloud.forecast.history.history_view import HistoryView
from cloud.forecast.intervals import conformal
from cloud.forecast.intervals.sanity_bounds import apply_sanity_bounds
from cloud.forecast.models import yearly_pattern
from cloud.forecast.models.model import Model
from cloud.forecast.models.recent import Recent
from cloud.forecast.series import WEEK_H, ClockSeries, Floats
from cloud.forecast.signals import MOST_SIGNALS, SeriesSignals, Signals

LESSONS_W: Final = 52
HALF_BELIEVED_H: Final = 24.0
MISSES: Final = (-1.0, 3.0)
LEAST, MOST = 0.25, 4.0
"""No signal changes an hour by more than this."""
CLEAR: Final = 2.5
"""A signal becomes a feature when its mean gain exceeds this many standard errors."""
USUAL: Final = Recent()


@dataclass(frozen=True)
class WithSignals:
    """Any model, multiplied by the effects of the signals of each series."""

    model: Model
    series_signals: SeriesSignals

    @property
    def name(self) -> str:
        """The name of the model."""
        return self.model.name

    def week(self, history: ClockSeries, holidays: frozenset[date]) -> Floats:
        """See `Model.week`."""
        plain = self.model.week(history, holidays)
        return apply_sanity_bounds(
            plain * compute_coming_ratio(history, holidays, self.series_signals)[:, None], history
        )


@dataclass(frozen=True, slots=True)
class SignalEffects:
    """The signals of each week of a past from number `since` on, and their effects.

    `ratios` is (series, weeks, 168), 1 without signals; `more` has for each series its signals, by
    how much higher they are than recently: name -> (weeks, 168). `gains` is by how much each signal
    alone would have reduced the error of the usual week: name -> (weeks with known counts,).
    """

    since: int
    ratios: Floats
    more: tuple[dict[str, Floats], ...]
    gains: dict[str, Floats]

    def select_names(self) -> tuple[str, ...]:
        """The signals that would have reduced past errors, beyond chance, the clearest first."""
        clear = {name: _clearness(weeks) for name, weeks in self.gains.items()}
        found = sorted((name for name in clear if clear[name] > CLEAR), key=lambda one: -clear[one])
        return tuple(found[:MOST_SIGNALS])

    def ratio(self, at: int) -> Floats:
        """The factor of each hour of a week: (series, 168)."""
        found: Floats = self.ratios[:, at - self.since]
        return found

    def column(self, name: str, at: int) -> Floats:
        """How much higher a signal is, NaN where a series does not have it: (series, 168)."""
        unknown = np.full(WEEK_H, np.nan)
        return np.stack(
            [one[name][at - self.since] if name in one else unknown for one in self.more]
        )


def compute_coming_ratio(
    history: ClockSeries, holidays: frozenset[date], series_signals: SeriesSignals
) -> Floats:
    """The factor of each hour of the coming week: (series, 168)."""
    found = compute_coming_effects(history, holidays, series_signals)
    return found.ratio(found.since)


def compute_coming_effects(
    history: ClockSeries, holidays: frozenset[date], series_signals: SeriesSignals
) -> SignalEffects:
    """The effects of the coming week, with the week numbers of a trained model."""
    past = HistoryView.of(history, holidays, yearly_pattern.LOOK_BACK_W)
    return compute_signal_effects(past, series_signals, yearly_pattern.LOOK_BACK_W)


def compute_signal_effects(
    past: HistoryView, series_signals: SeriesSignals, since: int
) -> SignalEffects:
    """The effects in the weeks from `since` to the coming one, which has no counts yet."""
    series, weeks = past.raw.shape[0], past.raw.shape[1] + 1 - since
    ratios = np.ones((series, weeks, WEEK_H))
    more: list[dict[str, Floats]] = [{} for _ in range(series)]
    before = since - LESSONS_W - USUAL.weeks
    gains: dict[str, Floats] = {}
    first_on = past.first_on + timedelta(weeks=before)
    for rows, signals in series_signals.groups():
        excess = _excess(signals, first_on, past.raw.shape[1] + 1 - before)
        missed = _missed(past.usual[rows, before:], conformal.mark_weekend(past.first_on))
        effects = _effects(missed, excess)
        coming = excess[:, LESSONS_W:]
        for at, name in enumerate(signals.names if weeks > 1 else ()):
            alone = effects[:, :-1, at, None] * coming[at, :-1]
            gains[name] = gains.get(name, 0.0) + missed.gain(alone)
        ratios[rows] = np.clip(1 + np.einsum("swk,kwh->swh", effects, coming), LEAST, MOST)
        for row in rows:
            more[row] = dict(zip(signals.names, coming, strict=True))
    return SignalEffects(since, ratios, tuple(more), gains)


def _excess(signals: Signals, first_on: date, weeks: int) -> Floats:
    """How much higher each signal is than in the weeks before: (signals, weeks, 168).

    In units of its root mean square where it is not 0; from the first week with enough before it.
    """
    hours = signals.over(first_on, weeks * 7)
    active = np.maximum((hours != 0).sum(axis=1, keepdims=True), 1)
    size = np.sqrt((hours**2).sum(axis=1, keepdims=True) / active)
    scaled = (hours / np.where(size > 0, size, 1)).reshape(len(hours), weeks, WEEK_H)
    worth = 0.5 ** (np.arange(USUAL.weeks)[::-1] / USUAL.half_life_weeks)
    before = (worth / worth.sum()) @ weekly.windows(scaled[:, :-1], USUAL.weeks)
    excess: Floats = scaled[:, USUAL.weeks :] - before
    return excess


@dataclass(frozen=True, slots=True)
class _Missed:
    """The relative error of the usual week, and the weight of each hour: (series, weeks, 168)."""

    share: Floats
    weight: Floats
    known: Floats

    def gain(self, moved: Floats) -> Floats:
        """The reduction of the error in each of the last weeks by a forecast with that change."""
        weeks = slice(self.share.shape[1] - moved.shape[1], None)
        share, weight = self.share[:, weeks], self.weight[:, weeks]
        level = np.maximum(weight.mean(axis=(1, 2), keepdims=True), 1e-12)
        gain: Floats = (weight / level * (share**2 - (share - moved) ** 2)).sum(axis=(0, 2))
        return gain


def _missed(usual: Floats, weekend: np.ndarray) -> _Missed:
    middle = USUAL.middles(usual, weekend=weekend)[:, :-1]
    scale = middle + conformal.compute_offset(middle)
    share = np.clip((usual[:, USUAL.weeks :] - middle) / scale, *MISSES)
    known = np.isfinite(share)
    share = np.where(known, share, 0)  # its weight is 0 there
    return _Missed(share, np.where(known, scale, 0), known.astype(np.float64))


def _effects(missed: _Missed, excess: Floats) -> Floats:
    """The effect of each signal on each series, estimated from the year before each week.

    (series, weeks, signals), the last of them the coming week.
    """
    by_week = excess[:, :-1].swapaxes(0, 1)
    weighted = by_week * missed.weight[:, :, None]
    square = _years(weighted @ by_week.swapaxes(1, 2))
    moment = _years((weighted @ missed.share[..., None])[..., 0])
    weight = np.maximum(_years(missed.weight.sum(axis=-1)), 1e-12)
    lean = HALF_BELIEVED_H * np.eye(len(excess))
    level = (_years(missed.known.sum(axis=-1)) / weight)[..., None, None]
    solved = np.linalg.solve(level * square + lean, level * moment[..., None])
    found: Floats = solved[..., 0].astype(np.float64, copy=False)
    return found


def _years(weeks: Floats) -> Floats:
    """The sum of each run of `LESSONS_W` weeks: (series, runs, ...)."""
    summed = np.cumsum(weeks, axis=1, dtype=np.float64)
    summed[:, LESSONS_W:] -= summed[:, :-LESSONS_W].copy()
    return summed[:, LESSONS_W - 1 :]


def _clearness(gains: Floats) -> float:
    """The mean of weekly gains in standard errors."""
    spread = float(gains.std())
    return float(gains.mean()) / spread * len(gains) ** 0.5 if spread > 0 else 0.0
