"""Seasonal naive: the next week repeats the last one, with the usual change from week to week.

The baseline: other models are judged by how much smaller their errors are.
"""

from datetime import date
from typing import Final

import numpy as np

from cloud.forecast.series import ClockSeries, Floats

Z80: Final = 1.2815515655446004
"""Half the width, in standard deviations, of a band that holds 80 % of a normal distribution."""


class SeasonalNaive:
    """Last week again, with a Gaussian band from the changes of the last year."""

    name = "naive"

    def week(self, history: ClockSeries, holidays: frozenset[date]) -> Floats:
        """See `Model.week`; holidays are not considered."""
        weeks = history.last(53)
        middle = weeks[:, -1]
        for age in range(2, 9):  # an hour not observed last week is that of an earlier one
            middle = np.where(np.isfinite(middle), middle, weeks[:, -age])
        change = np.diff(weeks, axis=1).reshape(len(weeks), -1)
        known = np.isfinite(change)
        square = np.where(known, change, 0) ** 2
        spread = np.sqrt(square.sum(axis=1) / np.maximum(known.sum(axis=1), 1))
        reach = Z80 * spread[:, None]
        return np.stack([np.maximum(middle - reach, 0), middle, middle + reach], axis=1)
