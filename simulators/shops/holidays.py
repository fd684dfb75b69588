"""Holidays that change demand, of every year."""

from datetime import date
from typing import Final

FIXED: Final = {
    (1, 1): "new-year",
    (12, 24): "christmas",
    (12, 25): "christmas",
    (12, 26): "boxing-day",
}
EASTER_DAYS: Final = range(-2, 2)  # Good Friday to Easter Monday


def name_holiday(day: date) -> str | None:
    """The holiday of a day, if there is one."""
    if (day - find_easter(day.year)).days in EASTER_DAYS:
        return "easter"
    return FIXED.get((day.month, day.day))


def find_easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (algorithm of Meeus, Jones and Butcher)."""
    century, rest = divmod(year, 100)
    golden = year % 19
    epact = (
        19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15
    ) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    shift = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)
