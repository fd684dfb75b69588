"""Sums by hour of a location's own clock, exact in every time zone.

`hour_tallies` holds UTC hours. They are local hours only while the zone's offset is a whole number
of hours. For Asia/Kolkata (+05:30), America/St_Johns (-03:30) or Asia/Kathmandu (+05:45) a local
hour covers parts of two UTC hours, so it is summed from minutes. Use `local_hour_sums` for
everything that compares hours of the day (forecasts, weekly profiles): it reads hours where they
are exact and minutes where they are not, and gives the same rows in both cases.

Constraints. Minutes are kept for a limited time (`retention --minutes-days`, 400 days): in a zone
without whole hours, older hours are absent, not approximated. A change of offset ends a span; a
local hour that the change cuts is two rows, each with the instant at which its part starts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, Connection, Table, func, literal_column, select

from cloud.database import EPOCH, hour_tallies, minute_tallies
from cloud.windows.dimensions import HOUR_S, rounded_down

STEP_S: Final = 7 * 24 * HOUR_S  # no zone changes its offset twice within a week
LocalHour = tuple[Any, ...]
"""(starts_s, device, *sums): starts_s in seconds since 1970 UTC."""


@dataclass(frozen=True, slots=True)
class OffsetSpan:
    """A stretch of constant offset, half-open, in seconds since 1970."""

    first_s: int
    end_s: int
    offset_s: int

    @property
    def has_whole_hours(self) -> bool:
        """Whether its local hours are UTC hours."""
        return not self.offset_s % HOUR_S


def local_hour_sums(
    connection: Connection,
    location: str,
    zone: ZoneInfo,
    *,
    since_at: datetime,
    until_at: datetime,
    names: tuple[str, ...],
) -> list[LocalHour]:
    """The sums `names` of each camera and local hour that holds a report, oldest first.

    The stretch is half-open and is meant to begin and end on local hours. Rows are
    `(starts_s, device, *sums)`; whole numbers on every database.
    """
    rows: list[LocalHour] = []
    for span in offset_spans(zone, since_at, until_at):
        rows += _of_span(connection, location, span, names)
    return rows


def offset_spans(zone: ZoneInfo, since_at: datetime, until_at: datetime) -> list[OffsetSpan]:
    """The stretch, divided where the zone's offset changes."""
    first, end = _seconds(since_at), _seconds(until_at)
    found: list[OffsetSpan] = []
    for start, stop in _pieces(first, end, zone):
        offset_s = offset_at(start, zone)
        if found and found[-1].offset_s == offset_s:
            found[-1] = OffsetSpan(found[-1].first_s, stop, offset_s)
        else:
            found.append(OffsetSpan(start, stop, offset_s))
    return found


def has_whole_hours(zone: ZoneInfo, since_at: datetime, until_at: datetime) -> bool:
    """Whether UTC hours are local hours in all of the stretch."""
    return all(span.has_whole_hours for span in offset_spans(zone, since_at, until_at))


def offset_at(instant_s: int, zone: ZoneInfo) -> int:
    """The zone's offset from UTC at an instant, in seconds."""
    offset = datetime.fromtimestamp(instant_s, UTC).astimezone(zone).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def _pieces(first: int, end: int, zone: ZoneInfo) -> Iterator[tuple[int, int]]:
    while first < end:
        stop = min(end, first + STEP_S)
        changes_at = _change(first, stop, zone)
        yield first, changes_at
        first = changes_at


def _change(first: int, stop: int, zone: ZoneInfo) -> int:
    """When the offset at `first` ends, to the second; `stop` when it does not end before."""
    offset_s = offset_at(first, zone)
    if offset_at(stop, zone) == offset_s:
        return stop
    low, high = first, stop
    while high - low > 1:
        middle = (low + high) // 2
        if offset_at(middle, zone) == offset_s:
            low = middle
        else:
            high = middle
    return high


def _of_span(
    connection: Connection, location: str, span: OffsetSpan, names: tuple[str, ...]
) -> Iterator[LocalHour]:
    tallies, clock, shift_s = _source(span)
    shift: ColumnElement[int] = literal_column(str(shift_s), BigInteger)  # a bound value would
    starts = (rounded_down(clock + shift, HOUR_S) - shift).label("starts_s")  # not group by
    query = (
        select(starts, tallies.c.device, *(func.sum(tallies.c[name]) for name in names))
        .where(tallies.c.location == location, clock >= span.first_s, clock < span.end_s)
        .group_by(starts, tallies.c.device)
        .order_by(starts, tallies.c.device)
    )
    for starts_s, device, *sums in connection.execute(query):
        yield max(int(starts_s), span.first_s), device, *map(int, sums)


def _source(span: OffsetSpan) -> tuple[Table, Any, int]:
    """Table, its clock, and by how much the clock is shifted to local hours."""
    if span.has_whole_hours and not (span.first_s % HOUR_S or span.end_s % HOUR_S):
        return hour_tallies, hour_tallies.c.hour_at, 0
    return minute_tallies, minute_tallies.c.minute_at, span.offset_s % HOUR_S


def _seconds(instant: datetime) -> int:
    return (instant - EPOCH) // timedelta(seconds=1)
