"""Bands from past misses: how far the same model was off in the weeks whose truth is known.

A miss is scaled, (truth - forecast) / (forecast + c), so that a night and a rush hour can be
read together. Misses are kept by part of the day and kind of day and leaned towards all of them
together, since errors within a week hang together and a few weeks are few samples however many
hours they hold.
"""

from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.forecast.series import WEEK_H, Floats

Integers = NDArray[np.int64]

WEEKS: Final = 16
NOMINAL: Final = (0.1, 0.9)
LEAN: Final = 40.0
"""All misses together count as much in a bin as this many of its own."""
NO_MISSES: Final = (-0.25, 0.30)
"""The band where no forecast can be checked yet."""
DAYPART_OF_HOUR: Final = np.repeat([0, 1, 2, 3, 4], [6, 4, 6, 4, 4])  # 0-6 6-10 10-16 16-20 20-24
BINS: Final = 10


def bins(first_on: date, hours: int = WEEK_H) -> Integers:
    """The bin (part of day x weekday or weekend) of each hour from local midnight on."""
    days = [first_on + timedelta(days=day) for day in range(hours // 24)]
    weekend = np.repeat([day.weekday() >= 5 for day in days], 24)
    found: Integers = np.tile(DAYPART_OF_HOUR, len(days)) + 5 * weekend
    return found


def offset(forecasts: Floats) -> Floats:
    """The `c` of the scale: a tenth of the mean, so that empty nights do not divide by zero."""
    seen = np.isfinite(forecasts)
    count = seen.sum(axis=-1, keepdims=True)
    mean = np.where(seen, forecasts, 0).sum(axis=-1, keepdims=True) / np.maximum(count, 1)
    floor: Floats = np.maximum(0.1 * mean, 1e-3)
    return floor


def band(misses: Floats, bin_of_hour: Integers) -> Floats:
    """Scaled P10 and P90 of the misses (weeks, 168) for each hour, as (2, 168)."""
    known = np.isfinite(misses)
    if not known.any():
        return np.repeat(np.array(NO_MISSES)[:, None], bin_of_hour.size, axis=1)
    pooled = np.quantile(misses[known], NOMINAL)
    edges = np.empty((2, BINS))
    for one in range(BINS):
        of_bin = misses[:, bin_of_hour == one]
        own = of_bin[np.isfinite(of_bin)]
        trust = own.size / (own.size + LEAN)
        edges[:, one] = (
            pooled if not own.size else (trust * np.quantile(own, NOMINAL) + (1 - trust) * pooled)
        )
    return edges[:, bin_of_hour]
