"""Dayparts: local hours of some weekdays, and the slots of a screen that lie in them.

A daypart names its time zone. `local` is the clock of each screen; another zone selects the same
instants everywhere. A daypart without a zone is refused: 07:00 alone is no time.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cloud.booking.orders_file import read_hours
from cloud.pricing.slot import list_slots
from cloud.sites.vocabulary import check_timezone

LOCAL: Final = "local"
EVERY_WEEKDAY: Final = frozenset(range(1, 8))


class DaypartError(ValueError):
    """A daypart that selects no hours, or no definite ones."""


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """Hours (`7-9;16-18`, all when empty) of weekdays (1 Monday to 7 Sunday) in a time zone."""

    hours: str
    weekdays: frozenset[int]
    zone: str

    def __post_init__(self) -> None:
        if not self.zone:
            raise DaypartError("a daypart needs a time zone: write local, or a name such as UTC")
        if not self.weekdays or not self.weekdays <= EVERY_WEEKDAY:
            raise DaypartError(
                f"weekdays are {sorted(self.weekdays)}: write some of 1 (Monday) to 7 (Sunday)"
            )
        try:
            read_hours(self.hours)
            if self.zone != LOCAL:
                check_timezone(self.zone)
        except ValueError as error:
            raise DaypartError(str(error)) from error

    def select_hours(self, local: ZoneInfo, first_on: date, until_on: date) -> list[int]:
        """The seconds at which its hours start on a screen with that clock.

        From the first date until another, which is not included.
        """
        zone, hours = self._clock(local), read_hours(self.hours)
        days = (first_on + timedelta(days=number) for number in range((until_on - first_on).days))
        return [
            int(slot.starts_at.timestamp())
            for day in days
            if day.isoweekday() in self.weekdays
            for slot in list_slots(day, zone)
            if slot.local.hour in hours
        ]

    def _clock(self, local: ZoneInfo) -> ZoneInfo:
        """The clock that its hours are read on."""
        return local if self.zone == LOCAL else ZoneInfo(self.zone)


ALWAYS: Final = WeeklyHours("", EVERY_WEEKDAY, LOCAL)
"""Every hour."""
