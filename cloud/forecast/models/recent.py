"""The default model: a weighted mean of recent weeks, nothing trained.

Counts are averaged as square roots, where a rush hour and a night have similar variance. An hour of
the week is shrunk towards the same hour of its kind of day (weekday or weekend) while few weeks
have observed it. The level follows the last weeks most of the way: half of one unusual week is gone
in the next. A median of eight weeks has a share, since unusual weeks do not move it. Holidays are
excluded and forecast as Sundays; where one or two years are known, part of what happened at the
same time of the year is added.
"""

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

import numpy as np

from cloud.forecast import weekly
from cloud.forecast.history.history_view import HistoryView, compute_month_level
from cloud.forecast.intervals import conformal, holiday_widening
from cloud.forecast.intervals.sanity_bounds import apply_sanity_bounds, widen
from cloud.forecast.models import yearly_pattern
from cloud.forecast.series import ClockSeries, Flags, Floats

TOGETHER: Final = 8
"""Series that are computed together: their windows fit into a processor's cache."""


@dataclass(frozen=True, slots=True)
class WeeksAhead:
    """The coming week with its holidays and the usual week without: (series, 3, 168).

    The flags mark the hours of the week that were observed in the last weeks: (series, 168).
    Others come from the same hour of other days, or are NaN.
    """

    coming: Floats
    usual: Floats
    coming_observed: Flags
    usual_observed: Flags


@dataclass(frozen=True, slots=True)
class Recent:
    """An exponentially weighted hour-of-week mean with a conformal band."""

    half_life_weeks: float = 3.0
    lean_weeks: float = 0.2
    follow: float = 0.7
    median_share: float = 0.3
    hour_share: float = 0.2
    weeks: int = weekly.LEARNT_W
    name: str = "recent"

    def week(self, history: ClockSeries, holidays: frozenset[date]) -> Floats:
        """See `Model.week`."""
        return self.ahead(history, holidays).coming

    def ahead(self, history: ClockSeries, holidays: frozenset[date]) -> WeeksAhead:
        """The next week, and the usual one for all weeks after it.

        Computed from the weeks up to the newest observed hour of each series, however old it is.
        """
        past = HistoryView.of(history, holidays, yearly_pattern.LOOK_BACK_W)
        weeks = past.latest(self.weeks + conformal.WEEKS)
        middles = partial(self.middles, weekend=conformal.mark_weekend(history.ends_on))
        plain = np.concatenate(
            [
                conformal.add_conformal_band(
                    weeks[at : at + TOGETHER], middles, first_on=history.ends_on
                )
                for at in range(0, len(weeks), TOGETHER)
            ]
        )
        observed: Flags = np.any(np.isfinite(weeks[:, -self.weeks :]), axis=1)
        like = past.columns(past.days(yearly_pattern.LOOK_BACK_W))
        coming = yearly_pattern.add_yearly_pattern(
            plain[..., like], past, compute_month_level(weeks)
        )
        coming = widen(
            coming,
            holiday_widening.compute_holiday_widening(
                past, yearly_pattern.LOOK_BACK_W, yearly_pattern.count_known_years(past)
            )[:, None],
        )
        return WeeksAhead(
            apply_sanity_bounds(coming, history),
            apply_sanity_bounds(plain, history),
            observed[:, like],
            observed,
        )

    def middle(self, weeks: Floats, *, weekend: np.ndarray) -> Floats:
        """The usual week (..., 168) from the last ones (..., weeks, 168), oldest first."""
        last: Floats = self.middles(weeks[..., -self.weeks :, :], weekend=weekend)[..., -1, :]
        return last

    def middles(self, weeks: Floats, *, weekend: np.ndarray) -> Floats:
        """The usual week after each run of `self.weeks`, of the last one last."""
        known = np.isfinite(weeks)
        counted = np.where(known, weeks, 0)
        worth = self._worth(weeks.shape[-2])
        mass = worth @ known.astype(np.float64)
        root = worth @ np.sqrt(counted)
        kind = self._of_kind(root, mass, weekend)
        plain = ((root + self.lean_weeks * kind) / (mass + self.lean_weeks)) ** 2
        shape = np.where(np.isfinite(kind), plain, np.nan)
        lately = weekly.windows(weeks[..., self.weeks - weekly.WEEKS :, :], weekly.WEEKS)
        levels = weekly.levels(lately, shape)
        followed = shape * weekly.recent_level(levels[..., -4:])[..., None] ** self.follow
        steady = weekly.levelled(lately, levels)
        steady = np.where(np.isfinite(steady), steady, followed)
        mixed = followed + self.median_share * (steady - followed)
        return self._by_hour(mixed, lately[..., -1, :])

    def _worth(self, weeks: int) -> Floats:
        """The weight of each week for the week after each run: (runs, weeks)."""
        age = np.arange(self.weeks, weeks + 1)[:, None] - 1 - np.arange(weeks)
        counts = (age >= 0) & (age < self.weeks)
        return np.where(counts, 0.5 ** (np.abs(age) / self.half_life_weeks), 0)

    def _by_hour(self, week: Floats, last: Floats) -> Floats:
        """The week corrected by part of the last error at each hour of the day, over all days."""
        missed = weekly.mean((last - week).reshape(*last.shape[:-1], 7, 24), -2)
        hours = np.tile(np.where(np.isfinite(missed), missed, 0), 7)  # unknown: no correction
        moved: Floats = np.maximum(week + self.hour_share * hours, 0)
        return moved

    def _of_kind(self, root: Floats, mass: Floats, weekend: np.ndarray) -> Floats:
        """The same hour over all days of its kind, or of any kind; NaN where none was observed."""
        days = (*root.shape[:-1], 7, 24)
        roots, masses = root.reshape(days), mass.reshape(days)
        kind = np.empty(days)
        for chosen in (weekend, ~weekend):
            total = masses[..., chosen, :].sum(axis=-2, keepdims=True)
            mean = roots[..., chosen, :].sum(axis=-2, keepdims=True) / np.where(total, total, 1)
            kind[..., chosen, :] = np.where(total, mean, np.nan)
        if np.isnan(kind).any():
            kind = np.where(np.isnan(kind), _of_any_day(roots, masses), kind)
        return kind.reshape(root.shape)


def _of_any_day(roots: Floats, masses: Floats) -> Floats:
    """The same hour over all seven days (..., 1, 24): for a weekend that was never observed."""
    total = masses.sum(axis=-2, keepdims=True)
    mean = roots.sum(axis=-2, keepdims=True) / np.where(total, total, 1)
    return np.where(total, mean, np.nan)
