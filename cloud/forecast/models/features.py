"""Features of each hour of a coming week, computed from the weeks before it alone.

Counts are divided by the level of their series, so that sites of all sizes are comparable.
On a public holiday, features of "the same hour of the week" are those of Sunday. NaN means unknown;
the trees have a branch of their own for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.forecast import weekly
from cloud.forecast.history.history_view import YEAR_D, YEAR_W, HistoryView
from cloud.forecast.intervals import conformal, holiday_widening
from cloud.forecast.models import yearly_pattern
from cloud.forecast.models.recent import Recent
from cloud.forecast.models.signal_effects import SignalEffects
from cloud.forecast.series import WEEK_H, Floats

LOOK_BACK_W: Final = yearly_pattern.LOOK_BACK_W
LEARNABLE_W: Final = YEAR_W + weekly.WEEKS + 12
"""A series with fewer weeks of observed hours is not used for training."""
LEAST_VALID: Final = 0.6
"""A week is not used for training when less of the four weeks before it was observed."""
LEAST_LEVEL: Final = 0.01
"""The level of a site without visitors: the mean number in view may be far below one."""


@dataclass(frozen=True, slots=True)
class WeekFeatures:
    """The features of one coming week, (168, series, features), and the scale to reverse.

    Hours come first: prediction is almost twice as fast where adjacent rows are similar.
    """

    features: Floats
    names: tuple[str, ...]
    base: Floats
    scale: Floats
    teaches: NDArray[np.bool_]


def build_week_features(
    past: HistoryView, at: int, effects: SignalEffects | None = None, names: tuple[str, ...] = ()
) -> WeekFeatures:
    """The week number `at` of the past (its length stands for the coming one).

    The effects of signals at a site change its base; `names` are the signals of the model.
    """
    like = past.columns(past.days(at))
    level = _level(past.usual[:, :at])
    plain = Recent()
    weekend = conformal.mark_weekend(past.first_on)
    recent = plain.middle(past.usual[:, at - plain.weeks : at], weekend=weekend)
    base = np.maximum(
        recent[:, like] + yearly_pattern.compute_returning(past, at) * level[:, None], 0
    )
    ratio = np.ones_like(base) if effects is None else effects.ratio(at)
    base *= ratio
    given = {"base": base / level[:, None], **dict(_given(past, at, like, level, recent))}
    given |= dict(_signals(effects, at, names, ratio))
    given["series"] = np.arange(len(past.raw))[:, None]
    size = (WEEK_H, len(past.raw))
    return WeekFeatures(
        features=_laid_out(given, size),
        names=tuple(given),
        base=base,
        scale=level,
        teaches=compute_observed_share(past.raw[:, at - weekly.WEEKS : at]) >= LEAST_VALID,
    )


def _laid_out(given: dict[str, np.ndarray], size: tuple[int, int]) -> Floats:
    table = np.empty((*size, len(given)))
    for at, one in enumerate(given.values()):
        table[..., at] = one.T if one.ndim > 1 else one[:, None]
    return table


def _level(usual: Floats) -> Floats:
    month = weekly.mean(usual[:, -4:], (1, 2))
    half_year = weekly.mean(usual[:, -26:], (1, 2))
    return np.maximum(np.fmax(month, 0.25 * half_year), LEAST_LEVEL)


def compute_observed_share(lately: Floats) -> Floats:
    """How much of the last four weeks was observed: (series,) from (series, weeks, 168).

    Of the hours of the week that are observed there at all: a site that is measured by day only is
    complete without its nights.
    """
    known = np.isfinite(lately)
    hours = np.maximum(known.any(axis=1).sum(axis=1), 1)
    share: Floats = known[:, -4:].sum(axis=(1, 2)) / (4 * hours)
    return share


Named = Iterator[tuple[str, np.ndarray]]


def _given(
    past: HistoryView, at: int, like: NDArray[np.int64], level: Floats, recent: Floats
) -> Named:
    scale, last = level[:, None], past.usual[:, at - 1]
    shape = past.profile(at)
    yield "profile", shape[:, like] / scale
    for hours in (24, 72, WEEK_H):
        missed = (last - recent)[:, -hours:] / scale
        yield f"base_missed_{hours}", weekly.mean(missed, 1)[:, None]
    yield from _same_hour(past.usual, at, like, scale)
    yield from _latest_misses((last - shape) / scale, like)
    yield from _last_year(past, at)
    yield from _like_days(past, at)
    yield from _trends(past.usual, at, level, shape)
    yield from _calendar(past, at)
    yield "log_level", np.log(scale)


def _same_hour(usual: Floats, at: int, like: NDArray[np.int64], scale: Floats) -> Named:
    for age in (1, 2, 3, 4):
        yield f"{age}_weeks_ago", usual[:, at - age][:, like] / scale
    month, eight = usual[:, at - 4 : at][:, :, like], usual[:, at - 8 : at][:, :, like]
    low, middle, high = weekly.quantiles(eight, 0.1, 0.5, 0.9)
    yield "median_4", weekly.quantile(month, 0.5) / scale
    yield "median_8", middle / scale
    yield "low_8", low / scale
    yield "high_8", high / scale
    yield "day_spread", _by_day((high - low) / scale)


def _latest_misses(missed: Floats, like: NDArray[np.int64]) -> Named:
    for hours in (24, 72, WEEK_H):
        yield f"missed_{hours}", weekly.mean(missed[:, -hours:], 1)[:, None]
    days = missed.reshape(len(missed), 7, 24)
    yield "missed_weekday", _by_day(missed)[:, like]
    yield "missed_hour", np.tile(weekly.mean(days, 1), 7)


def _last_year(past: HistoryView, at: int) -> Named:
    """What the same week did a year ago, against the weeks before it then."""
    then = at - YEAR_W
    before = weekly.mean(past.usual[:, then - 4 : then], (1, 2))
    before = np.where(before > 0, before, np.nan)[:, None]
    missed = (past.raw[:, then] - past.profile(then)) / before
    yield "year_week", weekly.mean(past.usual[:, then], 1)[:, None] / before
    yield (
        "year_fortnight",
        weekly.mean(past.usual[:, then - 1 : then + 1], (1, 2))[:, None] / before,
    )
    yield "year_hour", past.raw[:, then] / before
    yield "year_missed", missed
    yield "year_missed_day", _by_day(missed)


def _like_days(past: HistoryView, at: int) -> Named:
    """What the like days of a year ago did, and by how many days they lie off the weekday."""
    missed = yearly_pattern.compute_departures(past, at)[0]
    days = past.days(at)
    yield "like_missed", missed
    yield "like_missed_day", _by_day(missed)
    yield "like_shift", np.repeat(days - past.a_year_before(days) - YEAR_D, 24)


def _trends(usual: Floats, at: int, level: Floats, shape: Floats) -> Named:
    last, previous = weekly.mean(usual[:, at - 1], 1), weekly.mean(usual[:, at - 2], 1)
    month = weekly.mean(usual[:, at - 4 : at], (1, 2))
    earlier = weekly.mean(usual[:, at - 8 : at - 4], (1, 2))
    day = weekly.mean(usual[:, at - 1, -24:], 1)
    usual_day = np.maximum(weekly.mean(shape[:, -24:], 1), 1)
    yield "week_to_month", (last / level)[:, None]
    yield "week_to_week", _ratio(last, previous)
    yield "month_to_month", _ratio(month, earlier)
    yield "day_to_usual", (day / usual_day)[:, None]


def _calendar(past: HistoryView, at: int) -> Named:
    days = [past.first_on + timedelta(days=at * 7 + day) for day in range(7)]
    here = past.days(at)
    yield "hour", np.tile(np.arange(24), 7)
    yield "weekday", np.repeat([day.weekday() for day in days], 24)
    yield "day_of_year", np.repeat([day.timetuple().tm_yday for day in days], 24)
    yield "day_of_month", np.repeat([day.day for day in days], 24)
    yield "days_ahead", np.repeat(np.arange(7), 24)
    yield "holiday", np.repeat(past.is_holiday(here), 24)
    yield "eve", np.repeat(past.is_holiday(here + 1), 24)
    yield "day_after", np.repeat(past.is_holiday(here - 1), 24)
    since, until = holiday_widening.compute_days_away(past, here)
    yield "days_since_holiday", np.repeat(since, 24)
    yield "days_to_holiday", np.repeat(until, 24)
    yield "year_end", np.repeat(holiday_widening.mark_year_end(past, here), 24)
    yield "holidays_last_week", np.full(WEEK_H, past.is_holiday(here - 7).sum())


def _signals(
    effects: SignalEffects | None, at: int, names: tuple[str, ...], ratio: Floats
) -> Named:
    """How much higher each signal is than recently, NaN where a site does not have it."""
    if names:
        yield "moved", ratio - 1
    for name in names:
        yield (
            f"signal_{name}",
            np.full_like(ratio, np.nan) if effects is None else effects.column(name, at),
        )


def _ratio(one: Floats, other: Floats) -> Floats:
    return (one / np.where(other > 0, other, np.nan))[:, None]


def _by_day(hours: Floats) -> Floats:
    """The mean of each day, at each of its hours."""
    return np.repeat(weekly.mean(hours.reshape(len(hours), 7, 24), 2), 24, axis=1)
