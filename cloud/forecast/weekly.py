"""The arithmetic of weeks: quantiles, levels, the median profile, and holidays that are Sundays.

Arrays are (..., weeks, 168), oldest first, hours from the same local midnight; NaN is what nobody
saw, and stays out of everything. A week that was hardly seen says nothing about its level.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import numpy as np

from cloud.forecast.series import Floats

WEEKS: Final = 8
HALF_LIFE_WEEKS: Final = 1.0
LEAST_SHARE: Final = 0.05


def profile(weeks: Floats) -> Floats:
    """The median shape of weeks brought to one level, at the level of the latest: (..., 168).

    Each week is levelled before the median is taken, so that a quiet week does not bend the shape.
    Hours that no week has seen are NaN.
    """
    return levelled(weeks, levels(weeks, quantile(weeks, 0.5)))


def levelled(weeks: Floats, of_weeks: Floats) -> Floats:
    """The same from levels that are known."""
    shape = quantile(weeks / of_weeks[..., None], 0.5)
    return shape * recent_level(of_weeks)[..., None]


def quantile(weeks: Floats, share: float) -> Floats:
    """A quantile over the weeks, linear between them; NaN where no week has seen the hour."""
    return next(quantiles(weeks, share))


def quantiles(weeks: Floats, *shares: float) -> Iterator[Floats]:
    """Several of them, for one sorting."""
    ordered = np.sort(weeks, axis=-2)  # NaN sorts last
    most = np.maximum(np.isfinite(weeks).sum(axis=-2) - 1, 0)
    for share in shares:
        low = np.floor(most * share).astype(int)
        below, above = (
            np.take_along_axis(ordered, at[..., None, :], axis=-2)[..., 0, :]
            for at in (low, np.minimum(low + 1, most))
        )
        yield below + (above - below) * (most * share - low)


def mean(values: Floats, axis: int | tuple[int, ...]) -> Floats:
    """The mean of what was seen; NaN where nothing was, without a warning for it."""
    known = np.isfinite(values)
    count = known.sum(axis=axis)
    total = np.where(known, values, 0).sum(axis=axis)
    return np.where(count, total / np.maximum(count, 1), np.nan)


def levels(weeks: Floats, shape: Floats) -> Floats:
    """How each week compares with the shape, over the hours that it has seen: (..., weeks)."""
    seen = np.isfinite(weeks)
    of_week = np.where(seen, weeks, 0).sum(axis=-1)
    of_shape = np.where(seen, np.nan_to_num(shape)[..., None, :], 0).sum(axis=-1)
    known = (seen.mean(axis=-1) >= LEAST_SHARE) & (of_shape > 0) & (of_week > 0)
    return np.where(known, of_week / np.where(known, of_shape, 1), np.nan)


def recent_level(of_weeks: Floats) -> Floats:
    """The level of the latest weeks, each counting half as much as the one after it; 1 for none."""
    age = np.arange(of_weeks.shape[-1])[::-1]
    worth = np.where(np.isfinite(of_weeks), 0.5 ** (age / HALF_LIFE_WEEKS), 0)
    total = worth.sum(axis=-1)
    level: Floats = (worth * np.nan_to_num(of_weeks)).sum(axis=-1) / np.where(total, total, 1)
    return np.where(total, level, 1.0)


def columns_like(first_on: date, holidays: frozenset[date]) -> np.ndarray:
    """The column that each of the 168 hours from `first_on` resembles: its own, or Sunday's."""
    sunday = 6 - first_on.weekday()
    days = (first_on + timedelta(days=day) for day in range(7))
    like = [sunday if day in holidays else at for at, day in enumerate(days)]
    return (np.array(like)[:, None] * 24 + np.arange(24)).ravel()


def as_sundays(plain: Floats, first_on: date, holidays: frozenset[date]) -> Floats:
    """The week from `first_on` with its holidays as Sundays."""
    return plain[..., columns_like(first_on, holidays)]
