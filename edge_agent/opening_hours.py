"""Is the camera to measure at this instant? Opening hours are local, by the week.

Local time is looked up from the instant, never the other way round: in the night when the clocks
go back the repeated hour is open twice, in the other night the hour that is missing never opens.
"""

from datetime import datetime
from functools import cache
from typing import Final, get_args
from zoneinfo import ZoneInfo

from edge_agent.settings.field_types import Day
from edge_agent.settings.schedule import ScheduleSettings

DAYS: Final[tuple[Day, ...]] = get_args(Day)


def is_open_at(schedule: ScheduleSettings, instant: datetime) -> bool:
    """Whether some opening holds `instant`: from `opens` on, up to and without `closes`."""
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
