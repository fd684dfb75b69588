"""Wider intervals around public holidays.

Models learn the usual week without holidays, so days near one are less certain, most of all between
Christmas and New Year. The factors were measured over every third origin of the earlier part of two
cities (Leeds until 2011, Melbourne until June 2013): the width that holds 80 % of the hours, as a
multiple of the interval of an ordinary day. The later part was used for evaluation only
(docs/forecast.md).
"""

from datetime import date, timedelta
from typing import Final

import numpy as np

from cloud.forecast.history.history_view import NEAR_D, HistoryView, Integers
from cloud.forecast.series import Flags, Floats

FAR_D: Final = 5
"""Holidays this many days away have no effect."""
WIDER: Final = np.array([1.55, 1.27, 1.20, 1.19, 1.12, 1.025])
"""By days to the nearest holiday, from 0 to `FAR_D`."""
YEAR_END_WIDER: Final = np.array([[2.5, 3.7], [2.0, 2.6], [2.1, 2.45]])
"""24 December to 2 January, by years in which the like days were observed, and on a holiday."""
YEAR_END: Final = frozenset({(12, day) for day in range(24, 32)} | {(1, 1), (1, 2)})


def compute_days_away(past: HistoryView, days: Integers) -> tuple[Integers, Integers]:
    """Days since the last holiday and to the next one, at most `NEAR_D`; 0 on a holiday."""
    away = np.arange(NEAR_D + 1)
    since = _first(past.holidays[days[:, None] + NEAR_D - away])
    until = _first(past.holidays[days[:, None] + NEAR_D + away])
    return since, until


def mark_year_end(past: HistoryView, days: Integers) -> Flags:
    """Which days are between Christmas and New Year, in calendars with one of these."""
    dates = [past.first_on + timedelta(days=int(day)) for day in days]
    named = np.array([(one.month, one.day) in YEAR_END for one in dates])
    nearest = np.minimum(*compute_days_away(past, days))
    found: Flags = named & (nearest < FAR_D)
    return found


def mark_year_end_hours(first_on: date, holidays: frozenset[date]) -> Flags:
    """The same for the 168 hours from a day on."""
    days = [first_on + timedelta(days=day) for day in range(7)]
    found = [
        (day.month, day.day) in YEAR_END
        and any(day + timedelta(days=away) in holidays for away in range(1 - FAR_D, FAR_D))
        for day in days
    ]
    return np.repeat(np.array(found, dtype=bool), 24)


def compute_holiday_widening(past: HistoryView, at: int, years_known: Integers) -> Floats:
    """The factor by which the interval of each hour of a week is wider: (series, 168).

    `years_known`: in how many years the like hour was observed, (series, 168).
    """
    days = past.days(at)
    nearest = np.minimum(np.minimum(*compute_days_away(past, days)), FAR_D)
    usual = np.repeat(WIDER[nearest], 24)
    holiday = np.repeat(past.is_holiday(days).astype(np.int64), 24)
    last = len(YEAR_END_WIDER) - 1
    festive = YEAR_END_WIDER[np.minimum(years_known, last), holiday]
    return np.where(np.repeat(mark_year_end(past, days), 24), festive, usual)


def _first(flags: Flags) -> Integers:
    """The position of the first true of each row, the last position where there is none."""
    found: Integers = np.where(flags.any(axis=1), flags.argmax(axis=1), flags.shape[1] - 1)
    return found
