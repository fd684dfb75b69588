"""The hour-of-week profile: the median shape of recent weeks, at the level of the latest.

Hard truths. It needs two weeks to have a shape at all. Each week is brought to the same level
before the median is taken, so that a quiet week does not bend the shape; the level then follows
the latest weeks, each counting half as much as the one after it. Missing hours stay out of both.
"""

from typing import Final

import numpy as np

from cloud.forecast.series import Floats

WEEKS: Final = 8
HALF_LIFE_WEEKS: Final = 1.0
LEAST_SHARE: Final = 0.05
"""A week that was seen for less than this says nothing about its level."""


def profile(weeks: Floats) -> Floats:
    """The next week (..., 168) from the last ones (..., weeks, 168), oldest first.

    Hours that no week has seen are NaN.
    """
    rough = median(weeks)
    levels = _levels(weeks, rough)
    shape = median(weeks / levels[..., None])
    return shape * _recent(levels)[..., None]


def median(weeks: Floats) -> Floats:
    """The median over the weeks, NaN where there is none, without a warning for it."""
    ordered = np.sort(weeks, axis=-2)  # NaN sorts last
    count = np.isfinite(weeks).sum(axis=-2)
    low, high = np.maximum(count - 1, 0) // 2, count // 2
    last = weeks.shape[-2] - 1
    both = [
        np.take_along_axis(ordered, np.minimum(at, last)[..., None, :], axis=-2)
        for at in (low, high)
    ]
    middle: Floats = (both[0] + both[1])[..., 0, :] / 2
    return np.where(count, middle, np.nan)


def _levels(weeks: Floats, shape: Floats) -> Floats:
    """How each week compares with the shape, over the hours that it has seen."""
    seen = np.isfinite(weeks)
    of_week = np.where(seen, weeks, 0).sum(axis=-1)
    of_shape = np.where(seen, np.nan_to_num(shape)[..., None, :], 0).sum(axis=-1)
    known = (seen.mean(axis=-1) >= LEAST_SHARE) & (of_shape > 0) & (of_week > 0)
    return np.where(known, of_week / np.where(known, of_shape, 1), np.nan)


def _recent(levels: Floats) -> Floats:
    age = np.arange(levels.shape[-1])[::-1]
    weight = np.where(np.isfinite(levels), 0.5 ** (age / HALF_LIFE_WEEKS), 0)
    total = weight.sum(axis=-1)
    level: Floats = (weight * np.nan_to_num(levels)).sum(axis=-1) / np.where(total, total, 1)
    return np.where(total, level, 1.0)
