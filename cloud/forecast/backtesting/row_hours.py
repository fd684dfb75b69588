"""Combine rows of parts of hours into hours of the local clock.

Counts are summed, levels averaged. An hour with at least half of its rows is scaled to the whole
hour, one with fewer is missing. The hour that autumn repeats is the mean of both; the hour that
spring skips does not exist.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.forecast.series import ClockSeries, Flags, Floats

Integers = NDArray[np.int64]
HOUR_S: Final = 3600
DAY_H: Final = 24
MOST_HOURS: Final = 24 * 366 * 50
MOST_CELLS: Final = 200_000_000
ENOUGH_SHARE: Final = 0.5
REGULAR_SHARE: Final = 0.99


class TableError(ValueError):
    """A file without a usable hourly series."""


@dataclass(frozen=True, slots=True)
class RowTimes:
    """The time of each row, in seconds of the local clock since 1970.

    `fold` 1: the second time that the clock shows it. `ambiguous`: it may be either. `impossible`:
    the clock never shows it.
    """

    local_s: Integers
    fold: Integers
    ambiguous: Flags
    impossible: Flags

    def only(self, rows: Flags | Integers) -> "RowTimes":
        """The times of some rows."""
        return RowTimes(
            self.local_s[rows], self.fold[rows], self.ambiguous[rows], self.impossible[rows]
        )


def combine_rows(
    series: Sequence[str],
    times: RowTimes,
    values: Floats,
    *,
    is_summed: bool,
    noticed: Counter[str],
) -> tuple[list[str], ClockSeries]:
    """The names of the series and their hours; notes about the rows are counted."""
    names = sorted(set(series))
    number = {name: at for at, name in enumerate(names)}
    which = np.fromiter((number[name] for name in series), np.int64, len(series))
    _note_clock_changes(times, noticed)
    exist = ~times.impossible
    which, times, values = which[exist], times.only(exist), values[exist]
    different = _once(which, times, values, names, noticed)
    which, times, values = which[different], times.only(different), values[different]
    if not which.size:
        raise TableError("no row has a time that exists on that clock: check --timezone")
    rows_of_hour = np.array(
        [_rows_of_hour(times.local_s[which == at], names[at]) for at in range(len(names))]
    )
    between = int((times.local_s % (HOUR_S // rows_of_hour[which]) != 0).sum())
    if between:
        noticed["rows that begin between the hours of that clock: in the hour of their start"] = (
            between
        )
    if (rows_of_hour > 1).any():
        how = "added up" if is_summed else "averaged"
        noticed[f"series with several rows an hour, {how} (--aggregate)"] = int(
            (rows_of_hour > 1).sum()
        )
    return names, _laid(which, times, values, rows_of_hour, is_summed=is_summed, noticed=noticed)


def _note_clock_changes(times: RowTimes, noticed: Counter[str]) -> None:
    for flags, what in (
        (
            times.impossible,
            "rows in a local hour that does not exist (clocks go forward): left out",
        ),
        (
            times.ambiguous,
            "rows in a local hour that comes twice (clocks go back): the mean of both",
        ),
    ):
        if flags.any():
            noticed[what] = int(flags.sum())


def _once(
    which: Integers, times: RowTimes, values: Floats, names: list[str], noticed: Counter[str]
) -> Integers:
    """The rows without repetitions; two different values for one time are refused."""
    order = np.lexsort((times.fold, times.local_s, which))
    same = (
        (np.diff(which[order]) == 0)
        & (np.diff(times.local_s[order]) == 0)
        & (np.diff(times.fold[order]) == 0)
        & ~times.ambiguous[order][1:]
    )
    if not same.any():
        return np.arange(which.size)
    one, other = values[order][:-1][same], values[order][1:][same]
    differ = ~((one == other) | (np.isnan(one) & np.isnan(other)))
    if differ.any():
        row = order[1:][same][differ][0]
        at = np.datetime64(int(times.local_s[row]), "s")
        raise TableError(
            f"{int(differ.sum())} times of a series are given twice with different values; the "
            f"first is {at} of {names[which[row]]!r}: remove what is wrong"
        )
    noticed["rows given twice alike: counted once"] = int(same.sum())
    return np.sort(np.concatenate([order[:1], order[1:][~same]]))


def _rows_of_hour(local_s: Integers, name: str) -> int:
    """The number of rows in an hour of a series, or TableError when they are uneven."""
    apart = np.diff(np.unique(local_s))
    if not apart.size:
        return 1
    sizes, counts = np.unique(apart, return_counts=True)
    step = int(sizes[counts.argmax()])
    if step > HOUR_S:
        raise TableError(
            f"the rows of {name!r} are {step / HOUR_S:g} hours apart: one for each hour, or for "
            "each part of an hour, is needed"
        )
    _, alike = np.unique(local_s % step, return_counts=True)
    if HOUR_S % step or alike.max() < REGULAR_SHARE * local_s.size:
        raise TableError(
            f"the rows of {name!r} are not evenly spaced: one for each hour, or for each of the "
            "equal parts of an hour, is needed"
        )
    return HOUR_S // step


def _laid(
    which: Integers, times: RowTimes, values: Floats, rows_of_hour: Integers, *,
    is_summed: bool, noticed: Counter[str],
) -> ClockSeries:  # fmt: skip
    hours = times.local_s // HOUR_S
    first_day = int(hours.min()) // DAY_H
    length = (int(hours.max()) // DAY_H - first_day + 1) * DAY_H
    if length > MOST_HOURS:
        raise TableError(f"the file spans {length // 8766} years: check its time column")
    if length * rows_of_hour.size > MOST_CELLS:
        raise TableError(
            f"{rows_of_hour.size} series of {length // DAY_H} days are too many at once: split them"
        )
    at = (which, hours - first_day * DAY_H)
    shape = (rows_of_hour.size, length)
    found = list(_folds(at, shape, times, values, rows_of_hour, noticed))
    total, counted = np.zeros(shape), np.zeros(shape)
    for sums, rows in found:
        whole = rows_of_hour[:, None] if is_summed else 1
        enough = rows > 0
        total += np.where(enough, sums / np.maximum(rows, 1) * whole, 0)
        counted += enough
    laid = np.where(counted > 0, total / np.maximum(counted, 1), np.nan)
    return ClockSeries(date(1970, 1, 1) + timedelta(days=first_day), laid)


def _folds(
    at: tuple[Integers, Integers], shape: tuple[int, int], times: RowTimes, values: Floats,
    rows_of_hour: Integers, noticed: Counter[str],
) -> Iterator[tuple[Floats, Floats]]:  # fmt: skip
    """Sums and rows of each hour, the second time of a doubled hour apart; 0 rows: missing."""
    for fold in np.unique(times.fold).tolist():
        mine = (times.fold == fold) & np.isfinite(values)
        where = (at[0][mine], at[1][mine])
        sums, rows = np.zeros(shape), np.zeros(shape)
        np.add.at(sums, where, values[mine])
        np.add.at(rows, where, 1)
        few = (rows > 0) & (rows < ENOUGH_SHARE * rows_of_hour[:, None])
        some = (rows > 0) & ~few & (rows < rows_of_hour[:, None])
        if few.any():
            noticed["hours with less than half their rows: missing"] += int(few.sum())
        if some.any():
            noticed["hours with some of their rows: brought up to the whole"] += int(some.sum())
        yield np.where(few, 0, sums), np.where(few, 0, rows)
