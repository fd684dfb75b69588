"""What a learner is told about each hour of a coming week, from the weeks before it alone.

Everything that is a count is divided by the level of its series, so that a lesson learnt at one
place holds at another. On a public holiday every figure of "the same hour of the week" is taken
from Sunday. NaN says that nobody knows; the learner has its own branch for that.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.forecast import conformal, weekly
from cloud.forecast.models.recent import Recent
from cloud.forecast.series import WEEK_H, ClockSeries, Floats

YEAR_W: Final = 52
LOOK_BACK_W: Final = YEAR_W + weekly.WEEKS + 4
LEARNABLE_W: Final = LOOK_BACK_W + 8
"""Weeks of observed hours below which there is nothing to be learnt from a series."""
LEAST_VALID: Final = 0.6
"""A week whose last four weeks were seen for less teaches nothing, or something wrong."""


@dataclass(frozen=True, slots=True)
class Past:
    """The weeks before an origin, and the calendar up to a week after it.

    `raw` and `usual` are (series, weeks, 168), the second without holidays; `holidays` is
    (weeks + 1, 7).
    """

    raw: Floats
    usual: Floats
    holidays: NDArray[np.bool_]
    first_on: date

    @classmethod
    def of(cls, history: ClockSeries, holidays: frozenset[date], weeks: int) -> "Past":
        """The last weeks of a history."""
        raw = history.last(weeks)
        first_on = history.ends_on - timedelta(weeks=weeks)
        days = (first_on + timedelta(days=day) for day in range((weeks + 1) * 7))
        flags = np.array([day in holidays for day in days]).reshape(weeks + 1, 7)
        usual = np.where(np.repeat(flags[:-1], 24, axis=1), np.nan, raw)
        return cls(raw, usual, flags, first_on)


@dataclass(frozen=True, slots=True)
class Week:
    """One coming week as a learner sees it: features (series, 168, features) and what to undo."""

    features: Floats
    names: tuple[str, ...]
    base: Floats
    scale: Floats
    teaches: NDArray[np.bool_]


def week(past: Past, at: int) -> Week:
    """The week number `at` of the past (its length stands for the coming one)."""
    like = _columns(past, at)
    level = _level(past.usual[:, :at])
    plain = Recent()
    weekend = conformal.weekend(past.first_on)
    recent = np.nan_to_num(plain.middle(past.usual[:, at - plain.weeks : at], weekend=weekend))
    given = dict(_given(past, at, like, level, recent))
    size = (len(past.raw), WEEK_H)
    return Week(
        features=np.stack([np.broadcast_to(one, size) for one in given.values()], axis=-1),
        names=tuple(given),
        base=recent[:, like],
        scale=level,
        teaches=np.isfinite(past.usual[:, at - 4 : at]).mean(axis=(1, 2)) >= LEAST_VALID,
    )


def _columns(past: Past, at: int) -> NDArray[np.int64]:
    sunday = 6 - past.first_on.weekday()
    days = np.where(past.holidays[at], sunday, np.arange(7))
    return (days[:, None] * 24 + np.arange(24)).ravel()


def _level(usual: Floats) -> Floats:
    month = np.nan_to_num(weekly.mean(usual[:, -4:], (1, 2)))
    half_year = np.nan_to_num(weekly.mean(usual[:, -26:], (1, 2)))
    return np.maximum(np.maximum(month, 0.25 * half_year), 1.0)


Named = Iterator[tuple[str, np.ndarray]]


def _given(past: Past, at: int, like: NDArray[np.int64], level: Floats, recent: Floats) -> Named:
    scale, last = level[:, None], past.usual[:, at - 1]
    shape = np.nan_to_num(weekly.profile(past.usual[:, at - weekly.WEEKS : at]))
    yield "base", recent[:, like] / scale
    yield "profile", shape[:, like] / scale
    for hours in (24, 72, WEEK_H):
        missed = (last - recent)[:, -hours:] / scale
        yield f"base_missed_{hours}", weekly.mean(missed, 1)[:, None]
    yield from _same_hour(past.usual, at, like, scale)
    yield from _latest_misses((last - shape) / scale, like)
    yield from _last_year(past, at)
    yield from _trends(past.usual, at, level, shape)
    yield from _calendar(past, at)
    yield "log_level", np.log(scale)
    yield "series", np.arange(len(past.raw))[:, None]


def _same_hour(usual: Floats, at: int, like: NDArray[np.int64], scale: Floats) -> Named:
    for age in (1, 2, 3, 4):
        yield f"{age}_weeks_ago", usual[:, at - age][:, like] / scale
    month, eight = usual[:, at - 4 : at][:, :, like], usual[:, at - 8 : at][:, :, like]
    low, high = weekly.quantile(eight, 0.1), weekly.quantile(eight, 0.9)
    yield "median_4", weekly.quantile(month, 0.5) / scale
    yield "median_8", weekly.quantile(eight, 0.5) / scale
    yield "low_8", low / scale
    yield "high_8", high / scale
    yield "day_spread", _by_day((high - low) / scale)


def _latest_misses(missed: Floats, like: NDArray[np.int64]) -> Named:
    for hours in (24, 72, WEEK_H):
        yield f"missed_{hours}", weekly.mean(missed[:, -hours:], 1)[:, None]
    days = missed.reshape(len(missed), 7, 24)
    yield "missed_weekday", _by_day(missed)[:, like]
    yield "missed_hour", np.tile(weekly.mean(days, 1), 7)


def _last_year(past: Past, at: int) -> Named:
    """What the same week did a year ago, against the weeks before it then."""
    then = at - YEAR_W
    before = weekly.mean(past.usual[:, then - 4 : then], (1, 2))
    before = np.where(before > 0, before, np.nan)[:, None]
    shape = weekly.profile(past.usual[:, then - weekly.WEEKS : then])
    missed = (past.raw[:, then] - shape) / before
    yield "year_week", weekly.mean(past.usual[:, then], 1)[:, None] / before
    yield (
        "year_fortnight",
        weekly.mean(past.usual[:, then - 1 : then + 1], (1, 2))[:, None] / before,
    )
    yield "year_hour", past.raw[:, then] / before
    yield "year_missed", missed
    yield "year_missed_day", _by_day(missed)


def _trends(usual: Floats, at: int, level: Floats, shape: Floats) -> Named:
    last, previous = weekly.mean(usual[:, at - 1], 1), weekly.mean(usual[:, at - 2], 1)
    month = weekly.mean(usual[:, at - 4 : at], (1, 2))
    earlier = weekly.mean(usual[:, at - 8 : at - 4], (1, 2))
    day = weekly.mean(usual[:, at - 1, -24:], 1)
    usual_day = np.maximum(shape[:, -24:].mean(axis=1), 1)
    yield "week_to_month", (last / level)[:, None]
    yield "week_to_week", _ratio(last, previous)
    yield "month_to_month", _ratio(month, earlier)
    yield "day_to_usual", (day / usual_day)[:, None]


def _calendar(past: Past, at: int) -> Named:
    days = [past.first_on + timedelta(days=at * 7 + day) for day in range(7)]
    flags = past.holidays.ravel()
    here = at * 7 + np.arange(7)
    yield "hour", np.tile(np.arange(24), 7)
    yield "weekday", np.repeat([day.weekday() for day in days], 24)
    yield "day_of_year", np.repeat([day.timetuple().tm_yday for day in days], 24)
    yield "day_of_month", np.repeat([day.day for day in days], 24)
    yield "days_ahead", np.repeat(np.arange(7), 24)
    yield "holiday", np.repeat(flags[here], 24)
    yield "eve", np.repeat(flags[np.minimum(here + 1, flags.size - 1)], 24)
    yield "day_after", np.repeat(flags[here - 1], 24)
    yield "holidays_last_week", np.full(WEEK_H, flags[here - 7].sum())


def _ratio(one: Floats, other: Floats) -> Floats:
    return (one / np.where(other > 0, other, np.nan))[:, None]


def _by_day(hours: Floats) -> Floats:
    """The mean of each day, at each of its hours."""
    return np.repeat(weekly.mean(hours.reshape(len(hours), 7, 24), 2), 24, axis=1)
