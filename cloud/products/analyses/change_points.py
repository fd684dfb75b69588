"""Lasting changes of a mean over time: where they are, and how large.

Weekly means of the logarithm are divided by the penalised least squares of PELT (Killick, Fearnhead
and Eckley 2012), as `ruptures` has it; the day is then found among the single cases around. The
penalty grows with the noise, which is estimated from the differences of neighbouring weeks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import ruptures

WEEK: Final = 7
LEAST_WEEKS: Final = 6
"""Before and after a change: shorter ones are no lasting change."""
PENALTY: Final = 4.0
"""Times the noise times the logarithm of the weeks: as in the Bayesian criterion, made stricter."""
AROUND_DAYS: Final = 21
MAD_TO_SD: Final = 1.4826


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """The first day after a change, and the means of the cases between the changes around it."""

    day: int
    before: float
    after: float
    first_day: int
    end_day: int

    @property
    def factor(self) -> float:
        """After divided by before."""
        return self.after / self.before


def find_change_points(
    days: np.ndarray, values: np.ndarray, least_factor: float
) -> Sequence[ChangePoint]:
    """The changes of a series of cases.

    Args:
        days: whole days of the cases, sorted.
        values: positive numbers, such as days to payment; shape as `days`.
        least_factor: smaller changes, up or down, are none.
    """
    logs = np.log(np.maximum(values, 0.5))
    weeks = (days - days[0]) // WEEK
    present, places = np.unique(weeks, return_inverse=True)
    if len(present) < 2 * LEAST_WEEKS:
        return []
    ends = _divide(np.bincount(places, logs) / np.bincount(places))
    borders = [_refine(days, logs, int(days[0] + present[end] * WEEK)) for end in ends[:-1]]
    return _leave_out_small(days, values, _leave_out_bursts(borders), least_factor)


def _leave_out_small(
    days: np.ndarray, values: np.ndarray, borders: list[int], least_factor: float
) -> list[ChangePoint]:
    """The changes at the borders, without the smallest ones, until all are large enough."""
    changes = list(_describe(days, values, borders))
    sizes = [abs(np.log(change.factor)) for change in changes]
    if not sizes or min(sizes) >= np.log(least_factor):
        return changes
    smallest = changes[int(np.argmin(sizes))].day
    left = [border for border in borders if border != smallest]
    return _leave_out_small(days, values, left, least_factor)


def _describe(
    days: np.ndarray, values: np.ndarray, borders: Sequence[int]
) -> Iterator[ChangePoint]:
    edges = [int(days[0]), *borders, int(days[-1]) + 1]
    for first, day, end in zip(edges, edges[1:], edges[2:], strict=False):
        before = values[(days >= first) & (days < day)]
        after = values[(days >= day) & (days < end)]
        if len(before) and len(after):
            yield ChangePoint(day, float(before.mean()), float(after.mean()), first, end)


def _divide(means: np.ndarray) -> list[int]:
    noise = MAD_TO_SD * np.median(np.abs(np.diff(means))) / np.sqrt(2)
    penalty = PENALTY * max(noise**2, 1e-6) * np.log(len(means))
    search = ruptures.Pelt(model="l2", min_size=LEAST_WEEKS, jump=1).fit(means.reshape(-1, 1))
    found: list[int] = search.predict(pen=penalty)
    return found


def _leave_out_bursts(borders: list[int]) -> list[int]:
    """The borders without pairs that lie so close together that nothing lasted in between."""
    least = (LEAST_WEEKS - 1) * WEEK
    for place, (first, second) in enumerate(pairwise(borders)):
        if second - first < least:
            return _leave_out_bursts(borders[:place] + borders[place + 2 :])
    return borders


def _refine(days: np.ndarray, logs: np.ndarray, near: int) -> int:
    """The day that divides the cases around best, by least squares."""
    around = np.abs(days - near) <= AROUND_DAYS
    some_days, some = days[around], logs[around]
    total, count = np.cumsum(some), np.arange(1, len(some) + 1)
    rest = len(some) - count
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = total**2 / count + (total[-1] - total) ** 2 / rest
    gain[rest == 0] = -np.inf
    last_of_day = np.append(some_days[1:] != some_days[:-1], False)
    if not last_of_day.any():
        return near
    best = int(np.flatnonzero(last_of_day)[np.argmax(gain[last_of_day])])
    return int(some_days[best + 1])
