"""Backtests with rolling origins: forecast past weeks from the data before them, and score them.

A model receives a history that ends at the origin, so it cannot use later data. Origins are 29 days
apart, so that they cover the days of the week.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import add
from typing import Final

import numpy as np

from cloud.forecast import venue_profiles
from cloud.forecast.history.outliers import exclude_outliers
from cloud.forecast.models.model import Model
from cloud.forecast.models.naive import SeasonalNaive
from cloud.forecast.scores import ScoreSums, compute_scores, compute_weekly_scale
from cloud.forecast.series import WEEK_H, ClockSeries, Floats
from cloud.forecast.unobserved_hours import fill_unobserved_hours

APART: Final = timedelta(days=29)
YARDSTICK: Final = SeasonalNaive.name
"""The model that all are compared with repeats last week as it was counted, outliers and all."""
NOTHING: Final = 1e-12
"""So small that it only matters where two models never miss: they are then equal."""
LEAST_HISTORY: Final = timedelta(weeks=4)


class BacktestError(ValueError):
    """Series that are too short to forecast."""


@dataclass(frozen=True, slots=True)
class BacktestResult:
    """One model over all origins; `weeks` is each origin's pinball loss of each series."""

    model: str
    total: ScoreSums
    weeks: Floats
    cpu_s: float

    def relative(self, naive: "BacktestResult") -> Floats:
        """The WQL of each series against the measuring stick's."""
        return (self.total.wql + NOTHING) / (naive.total.wql + NOTHING)


def choose_origins(series: ClockSeries, count: int) -> list[date]:
    """The last `count` origins whose week is known, oldest first."""
    if count < 1:
        raise BacktestError(f"{count} origins score nothing: ask for one at least")
    last_on = series.ends_on - timedelta(days=7)
    if last_on < series.first_on + LEAST_HISTORY:
        days = (series.ends_on - series.first_on).days
        raise BacktestError(
            f"{days} days of history: {(LEAST_HISTORY.days + 7)} at least are needed"
        )
    found = [last_on - APART * back for back in range(count)][::-1]
    if found[0] < series.first_on + LEAST_HISTORY:
        raise BacktestError(
            f"{count} origins {APART.days} days apart need a history that starts before "
            f"{found[0] - LEAST_HISTORY}; this one starts on {series.first_on}: ask for fewer"
        )
    return found


def validate_origins(series: ClockSeries, chosen: Sequence[date]) -> list[date]:
    """Origins that were chosen, oldest first; BacktestError for one that cannot be scored."""
    first_on = series.first_on + LEAST_HISTORY
    last_on = series.ends_on - timedelta(days=7)
    for day in chosen:
        if not first_on <= day <= last_on:
            raise BacktestError(
                f"a week from {day} cannot be scored: days from {first_on} to {last_on} can"
            )
    return sorted(set(chosen))


def find_uncounted_series(series: ClockSeries, chosen: Sequence[date]) -> list[int]:
    """The series with a count of zero in every week that would be scored."""
    starts = [(origin - series.first_on).days * 24 for origin in chosen]
    counted = sum(np.nansum(series.values[:, at : at + WEEK_H], axis=1) for at in starts)
    return np.flatnonzero(np.equal(counted, 0)).tolist()


def run(
    series: ClockSeries,
    models: Sequence[Model],
    holidays: frozenset[date],
    chosen: Sequence[date],
) -> Iterator[BacktestResult]:
    """Score each model in turn, over a week from each of the chosen days."""
    for model in models:
        scored = [_scored(series, model, holidays, origin_on) for origin_on in chosen]
        yield BacktestResult(
            model=model.name,
            total=reduce(add, (one for one, _ in scored)),
            weeks=np.stack([one.pinball for one, _ in scored]),
            cpu_s=sum(cpu_s for _, cpu_s in scored),
        )


def compute_better_share(one: BacktestResult, other: BacktestResult) -> float:
    """The share of the weeks of all series in which the first model had the smaller loss."""
    return float((one.weeks < other.weeks).mean())


def geometric_mean(ratios: Floats) -> float:
    """The mean of ratios, in which a factor of two and one of a half cancel."""
    return float(np.exp(np.log(ratios).mean()))


def build_score_table(results: Mapping[str, BacktestResult]) -> Iterator[dict[str, float | str]]:
    """One row for each model, relative to `naive` where it ran."""
    naive = results.get(YARDSTICK)
    for result in results.values():
        total, series = result.total, len(result.total.truth)
        row: dict[str, float | str] = {
            "model": result.model,
            "wql": float(total.wql.mean()),
            "wape": float(total.wape.mean()),
            "mase": float(total.mase.mean()),
            "coverage": float(total.inside.sum() / total.hours.sum()),
            "below": float(total.below.sum() / total.hours.sum()),
            "cpu_s_per_series": result.cpu_s / series / len(result.weeks),
        }
        if naive is not None:
            row["relative_wql"] = geometric_mean(result.relative(naive))
            row["better_than_naive"] = compute_better_share(result, naive)
        yield row


def _scored(
    series: ClockSeries, model: Model, holidays: frozenset[date], origin_on: date
) -> tuple[ScoreSums, float]:
    history = series.until(origin_on)
    started_s = time.process_time()
    known = history if model.name == YARDSTICK else exclude_outliers(history, holidays).series
    week = model.week(known, holidays)
    cpu_s = time.process_time() - started_s
    _refuse_invalid(model.name, week)
    week = _without_gaps(week, origin_on)
    start = history.values.shape[-1]
    truth = np.where(np.isfinite(week[:, 1]), series.values[:, start : start + WEEK_H], np.nan)
    return compute_scores(truth, week, compute_weekly_scale(history.values)), cpu_s


def _without_gaps(week: Floats, origin_on: date) -> Floats:
    """Fill hours without a forecast as every forecast does, so that all hours are scored.

    A series that was never observed before the origin stays NaN and is not scored.
    """
    shape = venue_profiles.build_week_shape(origin_on)[None]
    gaps = np.isnan(week[:, 1])
    for at in np.flatnonzero(gaps.any(axis=1) & ~gaps.all(axis=1)).tolist():
        week[at] = fill_unobserved_hours(week[at : at + 1], ~gaps[at], shape)[0][0]
    return week


def _refuse_invalid(name: str, week: Floats) -> None:
    """All three quantiles of an hour may be NaN (no observation); one alone may not."""
    known = np.isfinite(week)
    ordered = (np.diff(week, axis=1) >= 0) | ~known[:, 1:]
    if not ((known.all(axis=1) | np.isnan(week).all(axis=1)).all() and ordered.all()):
        raise BacktestError(f"model {name!r} returned a quantile that is NaN or out of order")
    if (week[known] < 0).any():
        raise BacktestError(f"model {name!r} returned a quantile below zero")
