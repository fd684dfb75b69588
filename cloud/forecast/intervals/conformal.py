"""Conformal intervals: the errors of the same model in past weeks whose true count is known.

An error is scaled, (truth - forecast) / (forecast + c), so that nights and rush hours are
comparable. Errors are pooled by part of the day and kind of day, and shrunk towards all of them
together: errors within a week are correlated, so a few weeks are few samples.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.forecast.series import Floats

Integers = NDArray[np.int64]

WEEKS: Final = 16
NOMINAL: Final = (0.1, 0.9)
LEAN: Final = 40.0
"""All misses together count as much in a bin as this many of its own."""
NO_MISSES: Final = (-0.25, 0.30)
"""The band where no forecast can be checked yet."""
DAYPART_OF_HOUR: Final = np.repeat([0, 1, 2, 3, 4], [6, 4, 6, 4, 4])  # 0-6 6-10 10-16 16-20 20-24
BINS: Final = 10


def add_conformal_band(
    weeks: Floats, middles: Callable[[Floats], Floats], *, first_on: date
) -> Floats:
    """The week after `weeks` (series, weeks, 168) with its band, as (series, 3, 168).

    `middles` are the forecasts of the model after each run of weeks that it needs, the last of them
    the coming one; its errors in the others give the interval. Hours without a forecast (NaN) stay
    NaN.
    """
    answers = middles(weeks)
    past, coming = answers[:, :-1], answers[:, -1]
    misses = (weeks[:, weeks.shape[1] - past.shape[1] :] - past) / (past + compute_offset(past))
    reach = (
        compute_band(misses, compute_bins(first_on)) * (coming + compute_offset(coming))[:, None]
    )
    low, high = coming + reach[:, 0], coming + reach[:, 1]
    return np.sort(np.maximum(np.stack([low, coming, high], axis=1), 0), axis=1)


def compute_band(misses: Floats, bin_of_hour: Integers) -> Floats:
    """Scaled P10 and P90 of the misses (series, weeks, 168) for each hour: (series, 2, 168)."""
    flat = misses.reshape(len(misses), -1)
    pooled = _quantiles(flat)
    pooled = np.where(np.isfinite(pooled), pooled, np.array(NO_MISSES))
    edges = np.empty((len(misses), 2, BINS))
    for one in range(BINS):
        own = misses[:, :, bin_of_hour == one].reshape(len(misses), -1)
        count = np.isfinite(own).sum(axis=1, keepdims=True)
        trust = count / (count + LEAN)
        own_edges = np.where(count > 0, _quantiles(own), pooled)
        edges[:, :, one] = trust * own_edges + (1 - trust) * pooled
    return edges[:, :, bin_of_hour]


def mark_weekend(first_on: date) -> NDArray[np.bool_]:
    """Which of the seven days from `first_on` are Saturday or Sunday."""
    return np.array([(first_on + timedelta(days=day)).weekday() >= 5 for day in range(7)])


def compute_bins(first_on: date) -> Integers:
    """The bin (part of day, weekday or weekend) of each of the 168 hours from local midnight."""
    found: Integers = np.tile(DAYPART_OF_HOUR, 7) + 5 * np.repeat(mark_weekend(first_on), 24)
    return found


def compute_offset(forecasts: Floats) -> Floats:
    """The `c` of the scale: a tenth of the mean, so that empty nights do not divide by zero."""
    known = np.isfinite(forecasts)
    count = np.maximum(known.sum(axis=-1, keepdims=True), 1)
    mean = np.where(known, forecasts, 0).sum(axis=-1, keepdims=True) / count
    floor: Floats = np.maximum(0.1 * mean, 1e-3)
    return floor


def _quantiles(misses: Floats) -> Floats:
    """P10 and P90 of each row, NaN where it holds nothing: (series, 2)."""
    ordered = np.sort(misses, axis=1)
    most = np.maximum(np.isfinite(misses).sum(axis=1) - 1, 0)
    edges = []
    for share in NOMINAL:
        low = np.floor(most * share).astype(int)
        both = np.stack([low, np.minimum(low + 1, most)], axis=1)
        near = np.take_along_axis(ordered, both, axis=1)
        edges.append(near[:, 0] + (near[:, 1] - near[:, 0]) * (most * share - low))
    return np.stack(edges, axis=1)
