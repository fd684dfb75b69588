"""Exclude outliers from the history of a site before a model learns from it.

One hour of fifty times the usual count, or of zero, must not move the level of a week or the
interval of the following months. A high outlier is compared with the third highest, a low outlier
(`low_outliers`) with the third lowest of the same hour of the week in a block of eight weeks. Up to
two wrong hours in a block are therefore found, and three weeks alike are accepted. Where a block
holds fewer than four such hours, the same hour of all days of its kind (weekday or weekend) is the
reference.

Two exceptions. Two days in a row with many outliers are a new level, not an error; many are eight,
or half of the hours of the day in which anybody was counted. Near a public holiday an unusual hour
stays in the record of that day and is excluded from the usual week only; a high one must also be
possible at the site.

Neither exception, nor three weeks alike in one hour, holds beyond ten times the busy hours of the
site, unless five days of a week are new levels.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

import numpy as np

from cloud.forecast import weekly
from cloud.forecast.history.low_outliers import find_low_outliers
from cloud.forecast.history.outlier_references import BLOCK_W, compute_third_highest
from cloud.forecast.series import ClockSeries, Flags, Floats

TIMES: Final = 3.0
"""In real footfall of two cities, one hour in 400 is above three times the third highest."""
MARGIN: Final = 0.1
"""Of the mean hour, in addition: at night three people are no outlier of one."""
MANY_HOURS: Final = 8
FEW_HOURS: Final = 3
"""A day with fewer outliers than these is never a new level."""
COUNTED_SHARE: Final = 0.5
BUSY: Final = 0.95
"""The quantile of the usual hours of a week that represents the busy hours of a site."""
BEYOND: Final = 10.0
"""Times the busy hours: above the count of a festival, below that of a failed counter."""
LONG_D: Final = 7
LEAST_LONG_D: Final = 5
POSSIBLE: Final = 2.5
"""Near a holiday: so many times the highest usual hour of the site."""


@dataclass(frozen=True, slots=True)
class FilteredHistory:
    """A history without outliers, and which hours of it to name: (series, hours).

    `high` are the excluded hours above the mean hour (a few people more at night are excluded
    without being named), `low` all excluded hours below the usual.
    """

    series: ClockSeries
    high: Flags
    low: Flags


def exclude_outliers(
    history: ClockSeries, holidays: frozenset[date], *, together: int = 1
) -> FilteredHistory:
    """Exclude outliers from (series, hours).

    `together` series in a row belong to one site: an hour that one of them excludes is excluded
    from all of them.
    """
    size = history.values.shape[-1]
    none = np.zeros(history.values.shape, dtype=bool)
    weeks = -(-size // (BLOCK_W * 168)) * BLOCK_W
    if not weeks:
        return FilteredHistory(history, none, none)
    hours = history.last(weeks)
    blocks = hours.reshape(len(hours), -1, BLOCK_W, 168)
    weekend = _is_weekend(history)
    usual = compute_third_highest(blocks, weekend)
    mean = weekly.mean(usual, (1, 2))[:, None, None]
    high = (blocks > (TIMES * usual + MARGIN * mean)[:, :, None]).reshape(hours.shape)
    beyond = hours > BEYOND * _busy(usual)[:, None, None]
    low = find_low_outliers(blocks, weekend, mean, together)
    if not (high.any() or beyond.any() or low.any()):
        return FilteredHistory(history, none, none)
    high = (high | beyond) & ~_new_levels(high, beyond, hours > 0)
    is_counted = np.repeat(usual[:, :, None] > 0, BLOCK_W, axis=2).reshape(hours.shape)
    low &= ~_new_levels(low, np.zeros_like(low), is_counted)
    first_on = history.ends_on - timedelta(weeks=weeks)
    near = np.repeat(_near_holidays(first_on, weeks, holidays), 24).reshape(weeks, 168)
    highest = np.fmax.reduce(usual, axis=(1, 2))[:, None, None]
    possible = (hours <= POSSIBLE * highest) & ~beyond
    odd = _mark_sites(((high & possible) | low) & near, together)[:, -size:]
    wrong = _mark_sites((high & ~(near & possible)) | (low & ~near), together)[:, -size:]
    return FilteredHistory(
        ClockSeries(history.first_on, np.where(wrong, np.nan, history.values), odd),
        high=_mark_sites(high & (hours > mean), together)[:, -size:],
        low=_mark_sites(low, together)[:, -size:],
    )


def list_hours(named: Flags, series: ClockSeries, since_on: date) -> list[datetime]:
    """The local hours of a site that were left out from a day on, oldest first."""
    midnight = datetime.combine(series.first_on, time())
    hours = (midnight + timedelta(hours=int(at)) for at in np.flatnonzero(named.any(axis=0)))
    return [hour for hour in hours if hour.date() >= since_on]


def _busy(usual: Floats) -> Floats:
    """The usual busy hour of each series in its busiest block; infinite where none is known."""
    ordered = np.sort(usual, axis=2)
    known = np.isfinite(usual).sum(axis=2)
    rank = (BUSY * np.maximum(known - 1, 0)).astype(np.int64)
    of_block = np.take_along_axis(ordered, rank[..., None], axis=2)[..., 0]
    busy = np.fmax.reduce(of_block, axis=1)
    return np.where(busy > 0, busy, np.inf)


def _new_levels(outliers: Flags, beyond: Flags, is_counted: Flags) -> Flags:
    """The hours of days with many outliers beside such a day, or in a week of them.

    `is_counted`: the hours in which anybody is counted, of which a day may have few.
    """
    days = outliers.reshape(len(outliers), -1, 24)
    count = days.sum(axis=2)
    counted = is_counted.reshape(days.shape).sum(axis=2)
    many = (count >= MANY_HOURS) | (
        (count >= FEW_HOURS) & (count >= COUNTED_SHARE * np.maximum(counted, 1))
    )
    possible = many & ~beyond.reshape(days.shape).any(axis=2)
    padded = np.pad(possible, ((0, 0), (1, 1)))
    beside = possible & (padded[:, :-2] | padded[:, 2:])
    long = _windows(many).sum(axis=2) >= LEAST_LONG_D
    lasting = many & _windows(np.pad(long, ((0, 0), (LONG_D - 1, LONG_D - 1)))).any(axis=2)
    return np.repeat(beside | lasting, 24, axis=1).reshape(outliers.shape)


def _windows(days: Flags) -> Flags:
    """Every run of `LONG_D` days, without a copy: (series, runs, days)."""
    found: Flags = np.lib.stride_tricks.sliding_window_view(days, LONG_D, axis=1)
    return found


def _is_weekend(history: ClockSeries) -> Flags:
    days = (history.ends_on.weekday() + np.arange(7)) % 7
    weekend: Flags = days >= 5
    return weekend


@lru_cache(maxsize=64)
def _near_holidays(first_on: date, weeks: int, holidays: frozenset[date]) -> Flags:
    """Which days of the weeks from a day on are holidays or beside one."""
    span = range(-1, weeks * 7 + 1)
    flags = np.array([first_on + timedelta(days=day) in holidays for day in span])
    near: Flags = flags[:-2] | flags[1:-1] | flags[2:]
    return near


def _mark_sites(found: Flags, together: int) -> Flags:
    flat = found.reshape(-1, together, found.shape[1] * 168)
    return np.repeat(flat.any(axis=1), together, axis=0)
