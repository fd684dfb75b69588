"""Hours that are too far above their own usual to be believed, left out before anything is learnt.

A single hour of fifty times the usual number must not move the level of a week, nor the interval of
the next months. An hour is compared with the third highest of the same hour of the week in a block
of eight weeks; two wrong hours in one block are therefore found, and a pattern of three weeks is
believed. Where a block holds fewer than four such hours, the same hour of all days of its kind
(weekday or weekend) is the reference.

Two exceptions. A day with many such hours beside another one is a new level, not an error; many are
eight, or half of the hours of the day in which anybody was counted. Near a public holiday an
unusual hour is what a holiday does: it stays in the record of that day, is left out of the usual
week only, and has to be possible at the place at all.

Neither exception, nor a pattern of three weeks in one hour, holds beyond ten times the busy hours
of the place, unless five days of a week are new levels.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

import numpy as np

from cloud.forecast import weekly
from cloud.forecast.series import ClockSeries, Flags, Floats

BLOCK_W: Final = 8
TIMES: Final = 3.0
"""Beyond three times the third highest, real footfall of two cities has one hour in 400."""
MARGIN: Final = 0.1
"""Of the mean hour, in addition: at night three people are no outlier of one."""
RANK: Final = 3
LEAST_HOURS: Final = 4
MANY_HOURS: Final = 8
FEW_HOURS: Final = 3
"""A day with fewer high hours than these is never a new level."""
COUNTED_SHARE: Final = 0.5
BUSY: Final = 0.95
"""The quantile of the usual hours of a week that stands for the busy hours of a place."""
BEYOND: Final = 10.0
"""Times the busy hours: more than a festival brings, less than a counter that fails."""
LONG_D: Final = 7
LEAST_LONG_D: Final = 5
POSSIBLE: Final = 2.5
"""Near a holiday: so many times the highest usual hour of the place."""


@dataclass(frozen=True, slots=True)
class Believed:
    """A history without outliers, and which hours of it are worth naming: (series, hours).

    Worth naming are those above the mean hour; at night a few people more are left out unnamed.
    """

    series: ClockSeries
    named: Flags


def believed(history: ClockSeries, holidays: frozenset[date], *, together: int = 1) -> Believed:
    """Leave outliers out of (series, hours).

    `together` series in a row belong to one place: an hour that one of them excludes is excluded
    from all of them.
    """
    weeks = -(-history.values.shape[-1] // (BLOCK_W * 168)) * BLOCK_W
    if not weeks:
        return Believed(history, np.zeros(history.values.shape, dtype=bool))
    hours = history.last(weeks)
    blocks = hours.reshape(len(hours), -1, BLOCK_W, 168)
    usual = _references(blocks, _is_weekend(history))
    mean = weekly.mean(usual, (1, 2))[:, None, None]
    high = (blocks > (TIMES * usual + MARGIN * mean)[:, :, None]).reshape(hours.shape)
    beyond = hours > BEYOND * _busy(usual)[:, None, None]
    if not (high.any() or beyond.any()):
        return Believed(history, np.zeros(history.values.shape, dtype=bool))
    high = (high | beyond) & ~_new_levels(high, beyond, hours)
    near = np.repeat(
        _near_holidays(history.ends_on - timedelta(weeks=weeks), weeks, holidays), 24
    ).reshape(weeks, 168)
    highest = np.fmax.reduce(usual, axis=(1, 2))[:, None, None]
    possible = (hours <= POSSIBLE * highest) & ~beyond
    size = history.values.shape[-1]
    odd = _of_places(high & near & possible, together)[:, -size:]
    wrong = _of_places(high & ~(near & possible), together)[:, -size:]
    values = np.where(wrong, np.nan, history.values)
    named = _of_places(high & (hours > mean), together)[:, -size:]
    return Believed(ClockSeries(history.first_on, values, odd), named)


def named_hours(named: Flags, series: ClockSeries, since_on: date) -> list[datetime]:
    """The local hours of a place that were left out from a day on, oldest first."""
    midnight = datetime.combine(series.first_on, time())
    hours = (midnight + timedelta(hours=int(at)) for at in np.flatnonzero(named.any(axis=0)))
    return [hour for hour in hours if hour.date() >= since_on]


def _references(blocks: Floats, weekend: Flags) -> Floats:
    """The third highest of each hour of the week in each block, NaN where unknown.

    (series, blocks, 168) from (series, blocks, weeks, 168).
    """
    own, known = _third(blocks), np.isfinite(blocks).sum(axis=2)
    few = np.flatnonzero(((known > 0) & (known < LEAST_HOURS)).any(axis=(0, 2)))
    if few.size:
        kind = _of_kind(blocks[:, few], weekend)
        own[:, few] = np.where(known[:, few] >= LEAST_HOURS, own[:, few], kind)
    return own


def _third(values: Floats) -> Floats:
    """The third highest over axis 2; NaN where fewer than three are known.

    By running maxima: a tenth of the time of sorting.
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
    """The same over all days of a kind: (series, blocks, 168)."""
    series, count = blocks.shape[:2]
    days = blocks.reshape(series, count, BLOCK_W, 7, 24)
    found = np.full((series, count, 7, 24), np.nan)
    for kind in (weekend, ~weekend):
        pool = days[:, :, :, kind].reshape(series, count, -1, 24)
        enough = np.isfinite(pool).sum(axis=2) >= LEAST_HOURS
        found[:, :, kind] = np.where(enough, _third(pool), np.nan)[:, :, None]
    return found.reshape(series, count, 168)


def _busy(usual: Floats) -> Floats:
    """The usual busy hour of each series in its busiest block; infinite where none is known."""
    ordered = np.sort(usual, axis=2)
    known = np.isfinite(usual).sum(axis=2)
    rank = (BUSY * np.maximum(known - 1, 0)).astype(np.int64)
    of_block = np.take_along_axis(ordered, rank[..., None], axis=2)[..., 0]
    busy = np.fmax.reduce(of_block, axis=1)
    return np.where(busy > 0, busy, np.inf)


def _new_levels(high: Flags, beyond: Flags, hours: Floats) -> Flags:
    """The hours of days with many high hours beside such a day, or in a week of them."""
    days = high.reshape(len(high), -1, 24)
    count = days.sum(axis=2)
    counted = (hours > 0).reshape(days.shape).sum(axis=2)
    many = (count >= MANY_HOURS) | (
        (count >= FEW_HOURS) & (count >= COUNTED_SHARE * np.maximum(counted, 1))
    )
    possible = many & ~beyond.reshape(days.shape).any(axis=2)
    padded = np.pad(possible, ((0, 0), (1, 1)))
    beside = possible & (padded[:, :-2] | padded[:, 2:])
    long = _windows(many).sum(axis=2) >= LEAST_LONG_D
    lasting = many & _windows(np.pad(long, ((0, 0), (LONG_D - 1, LONG_D - 1)))).any(axis=2)
    return np.repeat(beside | lasting, 24, axis=1).reshape(high.shape)


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


def _of_places(found: Flags, together: int) -> Flags:
    flat = found.reshape(-1, together, found.shape[1] * 168)
    return np.repeat(flat.any(axis=1), together, axis=0)
