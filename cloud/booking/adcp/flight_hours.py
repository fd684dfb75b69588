"""The hours of a package: those of its flight that lie in the dayparts of product and buyer.

Intervals are half-open. AdCP's `daypart_targets` have no time zone; without one beside them they
are refused, since 07:00 alone is no time.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from cloud.booking.inventory.dayparts import DaypartError, WeeklyHours
from cloud.database import EPOCH
from cloud.sites.site_model import Site

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
WEEKDAYS: Final = (
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
)  # fmt: skip
ZONE_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+/-]{0,62}", re.ASCII)
DayName = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class DaypartTarget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hours of some weekdays; `end_hour` is not included."""

    days: Annotated[tuple[DayName, ...], Meta(min_length=1, max_length=7)]
    start_hour: Annotated[int, Meta(ge=0, le=23)]
    end_hour: Annotated[int, Meta(ge=1, le=24)]
    label: Annotated[str, Meta(max_length=120)] | None = None


class DaypartOverlay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What of `targeting_overlay` is sold: dayparts on a named clock."""

    daypart_targets: Annotated[tuple[DaypartTarget, ...], Meta(max_length=50)] = ()
    timezone: Annotated[str, Meta(max_length=63)] | None = None


def read_dayparts(overlay: DaypartOverlay) -> tuple[WeeklyHours, ...]:
    """The dayparts of a buyer; raises DaypartError without a time zone."""
    if overlay.daypart_targets and not overlay.timezone:
        raise DaypartError(
            "daypart_targets have no time zone: add targeting_overlay.timezone, which is `local` "
            "for the clock of each screen, or a name such as Europe/London"
        )
    return tuple(_to_weekly_hours(one, overlay.timezone or "") for one in overlay.daypart_targets)


def list_flight_hours(
    site: Site, starts_at: datetime, ends_at: datetime, dayparts: Sequence[Sequence[WeeklyHours]]
) -> list[int]:
    """The seconds since 1970 at which hours of the flight start on a screen.

    Each element of `dayparts` is a choice of hours, of which none means every hour; an hour has to
    be in all of them. A part of an hour at either end of the flight is not sold.
    """
    zone = site.zone
    first_on = starts_at.astimezone(zone).date() - DAY
    until_on = ends_at.astimezone(zone).date() + 2 * DAY
    found: set[int] | None = None
    for choice in dayparts or ((),):
        hours = choice or (WeeklyHours("", frozenset(range(1, 8)), "local"),)
        some = {at for one in hours for at in one.select_hours(zone, first_on, until_on)}
        found = some if found is None else found & some
    first_s, until_s = ((at - EPOCH) / timedelta(seconds=1) for at in (starts_at, ends_at))
    hour_s = HOUR // timedelta(seconds=1)
    return sorted(at for at in found or () if first_s <= at and at + hour_s <= until_s)


def _to_weekly_hours(target: DaypartTarget, zone: str) -> WeeklyHours:
    if target.start_hour >= target.end_hour:
        raise DaypartError(
            f"a daypart from {target.start_hour} to {target.end_hour} o'clock has no hour: "
            "end_hour must be greater than start_hour; write two dayparts around midnight"
        )
    if not ZONE_NAME.fullmatch(zone):
        raise DaypartError("the time zone is no name such as Europe/London")
    weekdays = frozenset(WEEKDAYS.index(day) + 1 for day in target.days)
    return WeeklyHours(f"{target.start_hour}-{target.end_hour - 1}", weekdays, zone)
