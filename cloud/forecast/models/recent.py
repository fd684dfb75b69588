"""The recent weeks, the latest counting most: the default wherever nothing has been trained.

Hard truths. Counts are averaged as square roots, where a rush hour and a night are about equally
noisy. An hour of the week leans towards the same hour of its kind of day (weekday or weekend) as
long as few weeks have seen it. The level follows the last weeks most of the way, not all of it:
half of what one odd week shows is gone in the next. A median of eight weeks has a say, since it
does not follow the odd ones. Holidays are left out and come as Sundays; where a year or two are
known, what those did at the same time of the year is added in part.
"""

from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np

from cloud.forecast import conformal, weekly, years
from cloud.forecast.guard import guarded
from cloud.forecast.past import Past
from cloud.forecast.series import ClockSeries, Floats


@dataclass(frozen=True, slots=True)
class Recent:
    """An exponentially weighted hour-of-week mean with a conformal band."""

    half_life_weeks: float = 3.0
    lean_weeks: float = 0.2
    follow: float = 0.7
    median_share: float = 0.3
    hour_share: float = 0.2
    weeks: int = 16
    name: str = "recent"

    def week(self, history: ClockSeries, holidays: frozenset[date]) -> Floats:
        """The next week as `Model.week` says."""
        past = Past.of(history, holidays, years.LOOK_BACK_W)
        seen = past.usual[:, -(self.weeks + conformal.WEEKS) :]
        middle = partial(self.middle, weekend=conformal.weekend(history.ends_on))
        plain = conformal.banded(seen, middle, look_back=self.weeks, first_on=history.ends_on)
        sundays = plain[..., past.columns(past.days(years.LOOK_BACK_W))]
        return guarded(years.moved(sundays, past), history)

    def middle(self, weeks: Floats, *, weekend: np.ndarray) -> Floats:
        """The usual week (..., 168) from the last ones (..., weeks, 168), oldest first."""
        known = np.isfinite(weeks)
        age = np.arange(weeks.shape[-2])[::-1]
        worth = 0.5 ** (age / self.half_life_weeks)
        mass = worth @ known.astype(np.float64)
        root = worth @ np.sqrt(np.where(known, weeks, 0))
        kind = self._of_kind(root, mass, weekend)
        plain = ((root + self.lean_weeks * kind) / (mass + self.lean_weeks)) ** 2
        shape = np.where(np.isfinite(kind), plain, np.nan)
        lately = weeks[..., -weekly.WEEKS :, :]
        levels = weekly.levels(lately, shape)
        followed = shape * weekly.recent_level(levels[..., -4:])[..., None] ** self.follow
        steady = weekly.levelled(lately, levels)
        steady = np.where(np.isfinite(steady), steady, followed)
        mixed = followed + self.median_share * (steady - followed)
        return self._by_hour(mixed, weeks[..., -1, :])

    def _by_hour(self, week: Floats, last: Floats) -> Floats:
        """Part of what the last week missed at each hour of the day, all its days together."""
        missed = weekly.mean((last - week).reshape(*last.shape[:-1], 7, 24), -2)
        hours = np.tile(np.nan_to_num(missed), 7)
        moved: Floats = np.maximum(week + self.hour_share * hours, 0)
        return moved

    def _of_kind(self, root: Floats, mass: Floats, weekend: np.ndarray) -> Floats:
        """The same hour over all days of its kind; NaN where none was seen."""
        days = (*root.shape[:-1], 7, 24)
        roots, masses = root.reshape(days), mass.reshape(days)
        kind = np.empty(days)
        for chosen in (weekend, ~weekend):
            total = masses[..., chosen, :].sum(axis=-2, keepdims=True)
            mean = roots[..., chosen, :].sum(axis=-2, keepdims=True) / np.where(total, total, 1)
            kind[..., chosen, :] = np.where(total, mean, np.nan)
        return kind.reshape(root.shape)
