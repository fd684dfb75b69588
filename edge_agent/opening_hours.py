"""Decides whether a camera measures at an instant, by weekly opening hours in local time.

Local time is derived from the instant, never the reverse: when clocks go back, the repeated hour is
open twice; when they go forward, the missing hour never opens.
"""

from datetime import datetime
from functools import cache
from typing import Final, get_args
from zoneinfo import ZoneInfo

from edge_agent.settings.field_types import Day
from edge_agent.settings.schedule import ScheduleSettings

DAYS: Final[tuple[Day, ...]] = get_args(Day)


def is_open_at(schedule: ScheduleSettings, instant: datetime) -> bool:
    """Whether `instant` lies in some opening, which is half-open: `opens` included."""
    if schedule.paused or not schedule.hours:
        return not schedule.paused
    local = instant.astimezone(ZoneInfo(schedule.time_zone))
    today, minute = DAYS[local.weekday()], local.hour * 60 + local.minute
    return any(
        today in hours.days and _minutes(hours.opens) <= minute < _minutes(hours.closes)
        for hours in schedule.hours
    )


@cache
def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
