"""Settings of the opening hours during which a camera measures."""

from typing import Annotated

from msgspec import Meta

from edge_agent.settings.field_types import Clock, Day, Name, Section


class OpenHours(Section, frozen=True):
    """From `opens` to `closes`, local time, on each of these days; 24:00 is the end of the day."""

    days: Annotated[tuple[Day, ...], Meta(min_length=1, max_length=7)]
    opens: Clock
    closes: Clock


class ScheduleSettings(Section, frozen=True):
    """When the camera measures. Without hours, always; while `paused`, never."""

    paused: bool = False
    time_zone: Name = "UTC"
    hours: Annotated[tuple[OpenHours, ...], Meta(max_length=64)] = ()
