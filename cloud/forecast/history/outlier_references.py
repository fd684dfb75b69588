"""Reference values for outliers: the third highest of each hour of the week in blocks of weeks."""

from typing import Final

import numpy as np

from cloud.forecast.series import Flags, Floats

BLOCK_W: Final = 8
RANK: Final = 3
LEAST_HOURS: Final = 4
"""With fewer observed hours in a block, the hours of all days of a kind are the reference."""


def compute_third_highest(blocks: Floats, weekend: Flags) -> Floats:
    """The third highest of each hour of the week in each block, NaN where unknown.

    (series, blocks, 168) from (series, blocks, weeks, 168). `weekend` marks the days of a week.
    """
    own, known = _third(blocks), np.isfinite(blocks).sum(axis=2)
    few = np.flatnonzero(((known > 0) & (known < LEAST_HOURS)).any(axis=(0, 2)))
    if few.size:
        kind = _of_kind(blocks[:, few], weekend)
        own[:, few] = np.where(known[:, few] >= LEAST_HOURS, own[:, few], kind)
    return own


def compute_third_lowest(blocks: Floats, weekend: Flags) -> Floats:
    """The third lowest, in the same way."""
    return -compute_third_highest(-blocks, weekend)


def _third(values: Floats) -> Floats:
    """The third highest over axis 2; NaN where fewer than three are known.

    Running maxima take a tenth of the time of sorting.
    """
    shape = (*values.shape[:2], *values.shape[3:])
    first, second, third = (np.full(shape, -np.inf) for _ in range(RANK))
    low = np.empty(shape)
    for at in range(values.shape[2]):
        one = values[:, :, at]
        np.fmax(third, np.fmin(second, one, out=low), out=third, where=one == one)
        np.fmax(second, np.fmin(first, one, out=low), out=second, where=one == one)
        np.fmax(first, one, out=first)
    return np.where(np.isfinite(third), third, np.nan)


def _of_kind(blocks: Floats, weekend: Flags) -> Floats:
    """The third highest over all days of a kind: (series, blocks, 168)."""
    series, count = blocks.shape[:2]
    days = blocks.reshape(series, count, BLOCK_W, 7, 24)
    found = np.full((series, count, 7, 24), np.nan)
    for kind in (weekend, ~weekend):
        pool = days[:, :, :, kind].reshape(series, count, -1, 24)
        enough = np.isfinite(pool).sum(axis=2) >= LEAST_HOURS
        found[:, :, kind] = np.where(enough, _third(pool), np.nan)[:, :, None]
    return found.reshape(series, count, 168)
