"""The yearly pattern: differences of the like days of one and two years ago from their usual week.

A small part of the difference of an ordinary day recurs a year later, most of that of a holiday.
Both shares were estimated on two networks of sensors, without their last year.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from cloud.forecast import weekly
from cloud.forecast.history.history_view import YEAR_W, HistoryView, Integers, compute_month_level
from cloud.forecast.intervals import conformal
from cloud.forecast.series import Floats

YEARS: Final = 2
LOOK_BACK_W: Final = YEARS * YEAR_W + 2 * weekly.WEEKS
SHARES: Final = np.array([[0, 0, 0], [0.2, 0.3, 0.75], [0.3, 0.4, 0.85]])
"""The share that recurs, by known years (0, 1, 2) and nearness of a holiday (0, 1, 2)."""
MOST: Final = np.array([1.0, 1.0, 3.0])
"""The largest difference that is used, in mean hours, by nearness of a holiday."""


def compute_departures(past: HistoryView, at: int) -> Floats:
    """The difference of each like hour of one and two years ago from the usual week of that time.

    For the week `at`: (years, series, 168), in mean hours of that time; NaN where unknown.
    """
    return np.stack(list(_departures(past, at)))


def _departures(past: HistoryView, at: int) -> Iterator[Floats]:
    days = past.days(at)
    for year in range(1, YEARS + 1):
        days, then = past.a_year_before(np.maximum(days, 0)), at - year * YEAR_W
        if then < weekly.WEEKS or days.min() < 0:
            yield np.full((len(past.raw), 168), np.nan)
            continue
        usual = past.profile(then)[:, past.columns(days)]
        hours = past.raw.reshape(len(past.raw), -1, 24)[:, days].reshape(len(past.raw), -1)
        level = compute_month_level(past.usual[:, then - weekly.WEEKS : then])
        yield (hours - usual) / np.where(level > 0, level, np.nan)[:, None]


def compute_returning(past: HistoryView, at: int) -> Floats:
    """The expected difference from the usual week, in present mean hours: (series, 168)."""
    found = compute_departures(past, at)
    known = np.isfinite(found)  # an hour without a known year adds 0: SHARES[0] is 0
    near = np.repeat(past.nearness(past.days(at)), 24)
    mean = np.where(known, found, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    above: Floats = SHARES[known.sum(axis=0), near] * np.clip(mean, -MOST[near], MOST[near])
    return above


def count_known_years(past: HistoryView) -> Integers:
    """In how many earlier years the like hours of the coming week were observed: (series, 168)."""
    found: Integers = np.isfinite(compute_departures(past, past.raw.shape[1])).sum(axis=0)
    return found


def add_yearly_pattern(week: Floats, past: HistoryView, level: Floats) -> Floats:
    """A coming week (series, 3, 168) with the yearly pattern; the band grows in proportion.

    `level` is the present mean hour, (series,).
    """
    plain = week[:, 1]
    above = compute_returning(past, past.raw.shape[1]) * level[:, None]
    middle = np.maximum(plain + above, 0)
    least = conformal.compute_offset(plain)
    wider = (middle + least) / (plain + least)
    return middle[:, None] + (week - plain[:, None]) * wider[:, None]
