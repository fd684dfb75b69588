"""Hourly series on a local clock: whole days of 24 hours from local midnight.

A local clock skips an hour in spring and repeats one in autumn: the skipped hour is missing (NaN),
the repeated one is the mean of both. Seven local days are therefore always 168 values.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
WEEK_H: Final = 168
EPOCH_DAY: Final = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class ClockSeries:
    """`values[..., h]` is the hour `h` after local midnight of `first_on`; whole days only.

    `odd` hours were counted correctly but are excluded from the usual week (`outliers`).
    """

    first_on: date
    values: Floats
    odd: Flags | None = None

    @property
    def ends_on(self) -> date:
        """The first day after the series, at whose midnight a forecast from it starts."""
        return self.first_on + timedelta(days=self.values.shape[-1] // 24)

    def weeks_observed(self, among: int) -> float:
        """The observed hours of the last weeks, in weeks, of the series that has most of them."""
        observed = np.isfinite(self.last(among)).sum(axis=(-1, -2))
        return float(observed.max(initial=0) / WEEK_H)

    def until(self, day: date) -> "ClockSeries":
        """The hours before the midnight of that day; none when the series starts later."""
        hours = max(0, (day - self.first_on).days * 24)
        odd = None if self.odd is None else self.odd[..., :hours]
        return ClockSeries(min(self.first_on, day), self.values[..., :hours], odd)

    def last(self, weeks: int) -> Floats:
        """The last whole weeks as (..., weeks, 168), oldest first, NaN before the beginning."""
        return _last(self.values, weeks, np.nan)

    def last_odd(self, weeks: int) -> Flags | None:
        """Which of these hours are odd; None when none is."""
        if self.odd is None or not self.odd.any():
            return None
        found: Flags = _last(self.odd, weeks, False).astype(bool)
        return found

    def without(self, days: frozenset[date]) -> "ClockSeries":
        """The series with those days missing."""
        values = self.values.copy()
        for day in days:
            start = (day - self.first_on).days * 24
            if 0 <= start < values.shape[-1]:
                values[..., start : start + 24] = np.nan
        return ClockSeries(self.first_on, values, self.odd)


def _last(values: NDArray[Any], weeks: int, missing: float) -> NDArray[Any]:
    wanted = weeks * WEEK_H
    whole = values[..., -wanted:] if wanted else values[..., :0]
    if whole.shape[-1] < wanted:
        padding = [(0, 0)] * (whole.ndim - 1) + [(wanted - whole.shape[-1], 0)]
        whole = np.pad(whole, padding, constant_values=missing)
    return whole.reshape(*whole.shape[:-1], weeks, WEEK_H)


def clock_series(clock_hours: NDArray[np.int64], values: Floats, *, ends_on: date) -> ClockSeries:
    """Arrange hours of the local clock (counted from 1970) in days, up to before `ends_on`.

    `values` is (measures, hours).
    """
    end = (ends_on - EPOCH_DAY).days * 24
    early = clock_hours < end
    clock_hours, values = clock_hours[early], values[:, early]
    first = int(clock_hours.min(initial=end)) // 24 * 24
    total, count = np.zeros((len(values), end - first)), np.zeros(end - first)
    np.add.at(total.T, clock_hours - first, values.T)
    np.add.at(count, clock_hours - first, 1)
    mean = total / np.where(count, count, np.nan)
    return ClockSeries(EPOCH_DAY + timedelta(hours=first), mean)
