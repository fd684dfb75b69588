"""Sanity bounds of every forecast: ordered, never negative, at most 2.5 x the highest hour.

Without them, a sensor that recovered from a failure had a P90 forty times its highest hour. The
bounds are coarse on purpose: a site that grows faster is learnt within a week.
"""

from typing import Final

import numpy as np

from cloud.forecast.series import ClockSeries, Floats

HIGHEST: Final = 2.5
YEAR_W: Final = 52


def apply_sanity_bounds(week: Floats, history: ClockSeries) -> Floats:
    """The quantiles (series, 3, hours) in order, from zero to 2.5 times the year's highest hour.

    A year without an observed hour has no highest hour and sets no limit; NaN stays NaN.
    """
    year = history.last(YEAR_W)
    highest = np.where(np.isfinite(year), year, -np.inf).max(axis=(1, 2))
    limit = np.where(np.isfinite(highest), HIGHEST * highest, np.inf)
    return np.sort(np.clip(week, 0, limit[:, None, None]), axis=1)


def widen(week: Floats, times: Floats | float) -> Floats:
    """The same middle with both sides of the band so many times as far away."""
    middle = week[:, 1:2]
    wider: Floats = middle + times * (week - middle)
    return wider
