"""Logged plays that belong to no order line: they are kept, and listed here."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from cloud.campaigns.attribution import ANY_LINE
from cloud.campaigns.booked_hours import (
    HourKey,
    find_lines_at,
    list_booked_hours,
    read_lines,
    to_seconds,
)
from cloud.campaigns.plays.coverage import AT_ONCE, HOUR_S
from cloud.campaigns.plays.play_store import list_ids
from cloud.campaigns.tables import logged_hours
from cloud.database import EPOCH
from cloud.sites.sites import Sites


@dataclass(frozen=True, slots=True)
class UnmatchedHour:
    """The plays of a creative in an hour; `line` is the one that the log names, or empty."""

    location: str
    hour_at: datetime
    creative: str
    line: str
    plays: int


def list_unmatched(
    connection: Connection,
    sites: Sites,
    locations: Sequence[str],
    since: datetime,
    until: datetime,
) -> list[UnmatchedHour]:
    """The plays whose creative no sold line has booked in that hour, or not the line they name."""
    ids = find_lines_at(connection, sites, set(locations), since, until)
    lines = read_lines(connection, sites, "line_id", ids)
    booked = {
        (hour.key, hour.creative, line.line_id)
        for line in lines.values()
        if line.is_sold
        for hour in list_booked_hours(line, to_seconds(until))
    }
    booked |= {(key, creative, ANY_LINE) for key, creative, _ in booked}
    return [
        one
        for one in _read_hours(connection, list_ids(sites, locations), since, until)
        if (_key(one), one.creative, one.line) not in booked
    ]


def _key(one: UnmatchedHour) -> HourKey:
    return HourKey(one.location, to_seconds(one.hour_at))


def _read_hours(
    connection: Connection, present: dict[str, str], since: datetime, until: datetime
) -> list[UnmatchedHour]:
    names, columns = sorted(present), logged_hours.c
    found: Counter[tuple[str, int, str, str]] = Counter()
    for start in range(0, len(names), AT_ONCE):
        query = select(logged_hours).where(
            columns.location.in_(names[start : start + AT_ONCE]),
            columns.hour_at > to_seconds(since) - HOUR_S,
            columns.hour_at < to_seconds(until),
        )
        for location, hour_at, creative, line, plays in connection.execute(query):
            found[present[location], hour_at, creative, line] += plays
    hours = [
        UnmatchedHour(location, EPOCH + timedelta(seconds=hour_at), creative, line, plays)
        for (location, hour_at, creative, line), plays in found.items()
    ]
    return sorted(hours, key=lambda one: (one.hour_at, one.location, one.creative, one.line))
