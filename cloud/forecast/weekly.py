"""Arithmetic of weeks: quantiles, levels, the median profile, and holidays with Sunday's hours.

Arrays are (..., weeks, 168), oldest first, hours from the same local midnight. NaN is not observed
and never counts. A week observed for less than `LEAST_SHARE` of its hours has no level.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.forecast.series import Floats

Integers = NDArray[np.int64]

WEEKS: Final = 8
LEARNT_W: Final = 16
"""The weeks of a history that count most: those of the usual week."""
HALF_LIFE_WEEKS: Final = 1.0
LEAST_SHARE: Final = 0.05


def profile(weeks: Floats) -> Floats:
    """The median shape of weeks brought to one level, at the level of the latest: (..., 168).

    Each week is brought to one level before the median is taken, so that a week with few visitors
    does not change the shape. Hours that no week has observed are NaN.
    """
    return levelled(weeks, levels(weeks, quantile(weeks, 0.5)))


def levelled(weeks: Floats, of_weeks: Floats) -> Floats:
    """The same from levels that were computed before."""
    shape = quantile(weeks / of_weeks[..., None], 0.5)
    return shape * recent_level(of_weeks)[..., None]


def quantile(weeks: Floats, share: float) -> Floats:
    """A quantile over the weeks, linear between them; NaN where no week has observed the hour."""
    return next(quantiles(weeks, share))


def quantiles(weeks: Floats, *shares: float) -> Iterator[Floats]:
    """Several quantiles of weeks that are sorted once."""
    most = np.maximum(np.isfinite(weeks).sum(axis=-2) - 1, 0)
    ordered = _sorted(weeks)
    for share in shares:
        place = most * share
        low = place.astype(np.int64)
        below, above = _at(ordered, low), _at(ordered, np.minimum(low + 1, most))
        yield below + (above - below) * (place - low)


def windows(weeks: Floats, length: int) -> Floats:
    """Every run of so many weeks, without a copy: (..., runs, length, 168)."""
    view = np.lib.stride_tricks.sliding_window_view(weeks, length, axis=-2)
    return np.moveaxis(view, -1, -2)


def _sorted(weeks: Floats) -> list[Floats]:
    """The weeks hour by hour in ascending order, NaN last.

    A sorting network: whole weeks are compared at once, six times as fast as sorting each hour.
    """
    ordered = [weeks[..., at, :].copy() for at in range(weeks.shape[-2])]
    low = np.empty_like(ordered[0])
    for one, other in _network(len(ordered)):
        np.fmin(ordered[one], ordered[other], out=low)
        np.maximum(ordered[one], ordered[other], out=ordered[other])
        ordered[one], low = low, ordered[one]
    return ordered


@cache
def _network(length: int) -> tuple[tuple[int, int], ...]:
    """Batcher's odd-even mergesort: which two to compare, in order."""
    pairs = []
    run = 1
    while run < length:
        step = run
        while step:
            pairs += [
                (at, at + step)
                for start in range(step % run, length - step, 2 * step)
                for at in range(start, min(start + step, length - step))
                if at // (2 * run) == (at + step) // (2 * run)
            ]
            step //= 2
        run *= 2
    return tuple(pairs)


def _at(ordered: list[Floats], rank: Integers) -> Floats:
    """The value of that rank in each hour."""
    least, most = int(rank.min(initial=0)), int(rank.max(initial=0))
    found = ordered[least]
    for one in range(least + 1, most + 1):
        found = np.where(rank >= one, ordered[one], found)
    return found


def mean(values: Floats, axis: int | tuple[int, ...]) -> Floats:
    """The mean of the observed values; NaN without any, and no warning."""
    observed = np.isfinite(values)
    count = observed.sum(axis=axis)
    total = np.where(observed, values, 0).sum(axis=axis)
    return np.where(count, total / np.maximum(count, 1), np.nan)


def levels(weeks: Floats, shape: Floats) -> Floats:
    """How each week compares with the shape, over the hours that it observed: (..., weeks)."""
    known_shape = np.isfinite(shape)
    observed = np.isfinite(weeks) & known_shape[..., None, :]
    of_week = np.where(observed, weeks, 0).sum(axis=-1)
    plain = np.where(known_shape, shape, 0)
    of_shape = np.matmul(observed.astype(np.float64), plain[..., None])[..., 0]
    known = (observed.mean(axis=-1) >= LEAST_SHARE) & (of_shape > 0) & (of_week > 0)
    return np.where(known, of_week / np.where(known, of_shape, 1), np.nan)


def recent_level(of_weeks: Floats) -> Floats:
    """The level of the latest weeks, each counting half as much as the one after it; 1 for none."""
    age = np.arange(of_weeks.shape[-1])[::-1]
    known = np.isfinite(of_weeks)
    weight = np.where(known, 0.5 ** (age / HALF_LIFE_WEEKS), 0)
    total = weight.sum(axis=-1)
    counted = (weight * np.where(known, of_weeks, 0)).sum(axis=-1)
    level: Floats = counted / np.where(total, total, 1)
    return np.where(total, level, 1.0)


def columns_like(first_on: date, holidays: frozenset[date]) -> np.ndarray:
    """The column that each of the 168 hours from `first_on` resembles: its own, or Sunday's."""
    sunday = 6 - first_on.weekday()
    days = (first_on + timedelta(days=day) for day in range(7))
    like = [sunday if day in holidays else at for at, day in enumerate(days)]
    return (np.array(like)[:, None] * 24 + np.arange(24)).ravel()


def as_sundays(plain: Floats, first_on: date, holidays: frozenset[date]) -> Floats:
    """The week from `first_on`; its holidays have the hours of Sunday."""
    return plain[..., columns_like(first_on, holidays)]
