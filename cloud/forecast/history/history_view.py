"""The weeks before an origin with their holidays, and the like day of the year before.

The same weekday a year ago is 52 weeks back, but Christmas and Easter are not. Near holidays, the
like day is the one with the most similar holidays around it. Names of holidays are not needed, so
every calendar works.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.forecast import weekly
from cloud.forecast.series import WEEK_H, ClockSeries, Flags, Floats

Integers = NDArray[np.int64]

YEAR_W: Final = 52
YEAR_D: Final = YEAR_W * 7
NEAR_D: Final = 10
"""A holiday has an effect at most this many days before and after it."""
_AWAY: Final = np.arange(-NEAR_D, NEAR_D + 1)
_BACK: Final = YEAR_D + np.arange(-35, 36)  # Easter moves by five weeks
_WEIGHT: Final = 1 / (1 + np.abs(_AWAY))
_COST: Final = 0.01 * np.abs(_BACK - YEAR_D) + 0.1 * (_BACK % 7 != 0)
"""The cost of another weekday or season: small against one holiday that does not match."""


@dataclass(frozen=True, slots=True)
class HistoryView:
    """The weeks before an origin, and the calendar beyond them.

    `raw` and `usual` are (series, weeks, 168), the second without holidays and odd hours.
    `holidays` flags each day from `NEAR_D` days before the first week to as many after the coming
    one.
    """

    raw: Floats
    usual: Floats
    holidays: Flags
    first_on: date
    _profiles: dict[int, Floats] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, history: ClockSeries, holidays: frozenset[date], weeks: int) -> "HistoryView":
        """The last weeks of a history."""
        raw = history.last(weeks)
        first_on = history.ends_on - timedelta(weeks=weeks)
        span = range(-NEAR_D, (weeks + 1) * 7 + NEAR_D)
        flags = np.array([first_on + timedelta(days=day) in holidays for day in span])
        inside = flags[NEAR_D : NEAR_D + weeks * 7].reshape(weeks, 7)
        usual = np.where(np.repeat(inside, 24, axis=1), np.nan, raw)
        odd = history.last_odd(weeks)
        if odd is not None:
            usual[odd] = np.nan
        return cls(raw, usual, flags, first_on)

    def latest(self, weeks: int) -> Floats:
        """The last weeks of `usual` up to the newest observed hour of each series.

        A series whose newest hour is five weeks old has its weeks from five weeks before the end.
        """
        ages = compute_ages_w(self.raw)
        whole = self.usual.shape[1]
        if not ages.any():
            return self.usual[:, whole - weeks :]
        at = np.arange(whole - weeks, whole) - ages[:, None]
        found = np.take_along_axis(self.usual, np.maximum(at, 0)[..., None], axis=1)
        return np.where((at >= 0)[..., None], found, np.nan)

    def profile(self, at: int) -> Floats:
        """The median shape of the weeks before a week (series, 168), computed once."""
        if at not in self._profiles:
            self._profiles[at] = weekly.profile(self.usual[:, at - weekly.WEEKS : at])
        return self._profiles[at]

    def days(self, at: int) -> Integers:
        """The days of a week, counted from the first."""
        return at * 7 + np.arange(7)

    def is_holiday(self, days: Integers) -> Flags:
        """Which of those days are holidays."""
        flags: Flags = self.holidays[days + NEAR_D]
        return flags

    def columns(self, days: Integers) -> Integers:
        """The hours of an aligned week that those days resemble: their own, or Sunday's."""
        like = np.where(self.is_holiday(days), 6 - self.first_on.weekday(), days % 7)
        return (like[:, None] * 24 + np.arange(24)).ravel()

    def nearness(self, days: Integers) -> Integers:
        """2 on a holiday and the days beside it, 1 within `NEAR_D` days of one, else 0."""
        around = self._around(days)
        beside = around[:, NEAR_D - 1 : NEAR_D + 2].any(axis=1)
        return np.where(beside, 2, around.any(axis=1).astype(np.int64))

    def a_year_before(self, days: Integers) -> Integers:
        """The like days of the year before; negative where that lies before the first week."""
        around = self._around(days)
        then = days[:, None] - _BACK
        others = self._around(np.maximum(then, 0).ravel()).reshape(*then.shape, -1)
        cost = ((others != around[:, None]) * _WEIGHT).sum(axis=-1) + _COST
        nearest = np.take_along_axis(then, cost.argmin(axis=1)[:, None], axis=1)[:, 0]
        return np.where(around.any(axis=1) & (then >= 0).all(axis=1), nearest, days - YEAR_D)

    def _around(self, days: Integers) -> Flags:
        flags: Flags = self.holidays[days[:, None] + NEAR_D + _AWAY]
        return flags


def compute_ages_w(weeks: Floats) -> Integers:
    """Whole weeks since the newest observed hour; all of them where there is none: (series,)."""
    known = np.isfinite(weeks).reshape(len(weeks), -1)
    since_h = np.where(known.any(axis=1), known[:, ::-1].argmax(axis=1), known.shape[1])
    ages: Integers = since_h // WEEK_H
    return ages


def compute_month_level(usual: Floats) -> Floats:
    """The mean of the last four weeks, NaN where nothing was observed: (series,)."""
    return weekly.mean(usual[:, -4:], (1, 2))
