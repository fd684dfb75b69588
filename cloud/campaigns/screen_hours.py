"""What the cameras of screens measured in hours: all people, and the part of each creative.

All cameras of a location see the same screen: its plays are those of the camera that reports most,
times are summed over the cameras. An hour without a report is absent: it is unknown, not empty.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Table, func, select

from cloud.campaigns.booked_hours import HourKey
from cloud.database import hour_creatives, hour_tallies, total
from wire.audience import UNKNOWN_CREATIVE

LOCATIONS_AT_ONCE: Final = 400


@dataclass(frozen=True, slots=True)
class ScreenHour:
    """All reports of one screen in one hour; `reported_ms` is the time of the best camera's."""

    observed_ms: int
    person_ms: int
    looking_ms: int
    visits: int
    onlookers: int
    cameras: int
    reported_ms: int


@dataclass(frozen=True, slots=True)
class ShownHour:
    """One creative in one hour, as the cameras report it."""

    cameras: int
    plays: int
    observed_ms: int
    person_ms: int
    facing_ms: int
    looking_ms: int
    unsure_ms: int


CreativeKey = tuple[HourKey, str]


@dataclass(frozen=True, slots=True)
class MeasuredHours:
    """The hours of some screens; `named_ms` is the time that is attributed to a creative."""

    screens: dict[HourKey, ScreenHour] = field(default_factory=dict)
    shown: dict[CreativeKey, ShownHour] = field(default_factory=dict)
    named_ms: dict[HourKey, int] = field(default_factory=dict)

    def is_attributed(self, key: HourKey) -> bool:
        """Whether all measured time of the hour is attributed to a creative."""
        hour = self.screens.get(key)
        return hour is not None and self.named_ms.get(key) == hour.observed_ms


def read_measured_hours(
    connection: Connection, locations: Iterable[str], first_s: int, until_s: int
) -> MeasuredHours:
    """The hours of the locations that begin in [first_s, until_s)."""
    found, names = MeasuredHours(), sorted(set(locations))
    for row in _read_screens(connection, names, first_s, until_s):
        found.screens[HourKey(row[0], row[1])] = ScreenHour(*map(int, row[2:]))
    for location, hour_at, creative, *sums in _read_shown(connection, names, first_s, until_s):
        key = HourKey(location, hour_at)
        shown = ShownHour(*map(int, sums))
        found.shown[key, creative] = shown
        if creative != UNKNOWN_CREATIVE:
            found.named_ms[key] = found.named_ms.get(key, 0) + shown.observed_ms
    return found


def read_observed_hours(
    connection: Connection, locations: Iterable[str], first_s: int, until_s: int
) -> set[HourKey]:
    """The hours of the locations, which begin in [first_s, until_s), that a camera observed."""
    hours = hour_tallies.c
    query = select(hours.location, hours.hour_at).where(hours.observed_ms > 0).distinct()
    rows = _read_at(connection, query, hour_tallies, sorted(set(locations)), first_s, until_s)
    return {HourKey(*row) for row in rows}


def _read_screens(
    connection: Connection, locations: Sequence[str], first_s: int, until_s: int
) -> Iterator[Any]:
    hours = hour_tallies.c
    names = ("observed_ms", "person_ms", "looking_ms", "visits", "onlookers")
    query = select(
        hours.location,
        hours.hour_at,
        *(total(hours[name]) for name in names),
        func.count().filter(hours.observed_ms > 0),
        func.max(hours.interval_ms),
    ).group_by(hours.location, hours.hour_at)
    yield from _read_at(connection, query, hour_tallies, locations, first_s, until_s)


def _read_shown(
    connection: Connection, locations: Sequence[str], first_s: int, until_s: int
) -> Iterator[Any]:
    parts = hour_creatives.c
    names = ("observed_ms", "person_ms", "facing_ms", "looking_ms", "unsure_ms")
    query = select(
        parts.location,
        parts.hour_at,
        parts.creative,
        func.count(),
        func.max(parts.plays),
        *(total(parts[name]) for name in names),
    ).group_by(parts.location, parts.hour_at, parts.creative)
    yield from _read_at(connection, query, hour_creatives, locations, first_s, until_s)


def _read_at(
    connection: Connection,
    query: Any,
    table: Table,
    locations: Sequence[str],
    first_s: int,
    until_s: int,
) -> Iterator[Any]:
    for start in range(0, len(locations), LOCATIONS_AT_ONCE):
        some = table.c.location.in_(locations[start : start + LOCATIONS_AT_ONCE])
        between = (table.c.hour_at >= first_s) & (table.c.hour_at < until_s)
        yield from connection.execute(query.where(some, between))
