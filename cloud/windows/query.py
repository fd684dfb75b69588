"""Read audiences: any interval, tumbling and sliding windows, and hours for the forecast.

A minute belongs to an interval when it starts in it; intervals are half-open. A report longer than
a minute is counted at its first minute. A window without reports is absent from an answer, never a
row of zeros.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import add
from typing import Any, Final, Literal

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    Select,
    func,
    literal_column,
    select,
)

from cloud.database import BLIND, EPOCH, SUMS, hour_tallies, minute_tallies, total
from cloud.windows.audience import Audience, AudienceSums
from cloud.windows.expected_cameras import ExpectedCameras

WindowName = Literal["5m", "15m", "1h"]
STEP: Final = timedelta(minutes=5)
LENGTHS: Final[dict[WindowName, timedelta]] = {
    "5m": timedelta(minutes=5),
    "15m": timedelta(minutes=15),
    "1h": timedelta(hours=1),
}
"""Length of each window; they tumble, or slide by a step that is a whole number of `STEP`s."""

_tallies = minute_tallies.c
_Query = Select[*tuple[Any, ...]]


class WindowError(ValueError):
    """An interval that cannot be queried."""


@dataclass(frozen=True, slots=True)
class HourRow:
    """One clock hour (UTC) of one location with observed time."""

    hour_at: datetime
    cameras: int
    blind_ms: int
    observed_ms: int
    person_ms: int
    looking_ms: int
    entries: int
    visits: int
    onlookers: int
    dwell_ms: int


def window_audience(
    connection: Connection,
    location: str,
    *,
    starts_at: datetime,
    ends_at: datetime,
    expected: ExpectedCameras | None = None,
) -> Audience:
    """The audience of one interval; without reports it has no cameras and no ratios."""
    _check_interval(starts_at, ends_at)
    first, last = _seconds(starts_at), _seconds(ends_at)
    query = _between(_sums().add_columns(_tallies.device), location, first, last)
    rows = connection.execute(query.group_by(_tallies.device)).mappings()
    tallies = [(row["device"], AudienceSums.of(row)) for row in rows]
    return _audience(location, (starts_at, ends_at), tallies, expected, ends_at)


def windows(
    connection: Connection,
    location: str,
    *,
    window: WindowName,
    starts_at: datetime,
    ends_at: datetime,
    step: WindowName | None = None,
    expected: ExpectedCameras | None = None,
    now: datetime | None = None,
) -> list[Audience]:
    """Each window that has a report, oldest first, from the one opening at or before `starts_at`.

    Windows tumble: each opens where the previous one closes, and the last is cut at `ends_at`. With
    a `step` shorter than the window they slide, their sums may not be added, and those that would
    close after `ends_at` are left out. Nothing from `ends_at` on is counted. Time after
    `now` is not expected to be observed yet.
    """
    _check_interval(starts_at, ends_at)
    length, stride = LENGTHS[window], LENGTHS[step or window]
    if stride > length:
        raise WindowError(f"a step of {step} leaves gaps between windows of {window}")
    opens = EPOCH + (starts_at - EPOCH) // STEP * STEP
    cells = _cells(connection, location, opens, ends_at)
    found = []
    for first in _openings(opens, ends_at, length, stride):
        tallies = _window_tallies(cells, first, length)
        if tallies:
            interval = first, min(first + length, ends_at)
            found.append(_audience(location, interval, tallies, expected, now or ends_at))
    return found


def _openings(
    opens: datetime, ends_at: datetime, length: timedelta, stride: timedelta
) -> Iterator[datetime]:
    last = ends_at if stride == length else ends_at - length + timedelta(microseconds=1)
    while opens < last:
        yield opens
        opens += stride


def _window_tallies(
    cells: Mapping[int, Sequence[tuple[str, AudienceSums]]], opens: datetime, length: timedelta
) -> list[tuple[str, AudienceSums]]:
    first = (opens - EPOCH) // STEP
    return [cell for step in range(first, first + length // STEP) for cell in cells.get(step, ())]


def _audience(
    location: str,
    interval: tuple[datetime, datetime],
    tallies: Sequence[tuple[str, AudienceSums]],
    expected: ExpectedCameras | None,
    now: datetime,
) -> Audience:
    """The audience of the tallies of some cameras."""
    starts_at, ends_at = interval
    observed: dict[str, int] = defaultdict(int)
    for device, tally in tallies:
        observed[device] += tally.observed_ms
    coverage = None
    if expected is not None:
        coverage = expected.coverage(starts_at, max(starts_at, min(ends_at, now)), observed)
    tally = AudienceSums.total(tally for _, tally in tallies)
    return Audience(location, starts_at, ends_at, len(observed), tally, coverage)


def hourly(
    connection: Connection, location: str, *, since_at: datetime, until_at: datetime
) -> list[HourRow]:
    """The hours that begin in the interval and have observed time.

    Unobserved hours are missing, not zero.
    """
    _check_interval(since_at, until_at)
    hours = hour_tallies.c
    rows = connection.execute(
        select(
            hours.hour_at,
            func.count().label("cameras"),
            total(reduce(add, (hours[name] for name in BLIND))).label("blind_ms"),
            *(total(hours[name]).label(name) for name in _HOUR_SUMS),
        )
        .where(
            hours.location == location,
            hours.hour_at >= _seconds(since_at),
            hours.hour_at < _seconds(until_at),
        )
        .group_by(hours.hour_at)
        .having(total(hours.observed_ms) > 0)
        .order_by(hours.hour_at)
    )
    return [_hour(row) for row in rows]


_STEP_S = STEP // timedelta(seconds=1)


def _seconds(instant: datetime) -> int:
    return -((EPOCH - instant) // timedelta(seconds=1))  # up: a minute begun before is not in it


def _check_interval(starts_at: datetime, ends_at: datetime) -> None:
    for instant in (starts_at, ends_at):
        if instant.tzinfo is None:
            raise WindowError(f"{instant.isoformat()} has no time zone: give an aware instant")
    if ends_at <= starts_at:
        raise WindowError(
            f"the interval ends ({ends_at.isoformat()}) before it has started "
            f"({starts_at.isoformat()}): give `until` after `from`"
        )


def _sums() -> _Query:
    return select(
        func.max(_tallies.peak).label("peak"),
        *(total(_tallies[name]).label(name) for name in SUMS),
    )


def _between(query: _Query, location: str, first: int, last: int) -> _Query:
    return query.where(
        _tallies.location == location, _tallies.minute_at >= first, _tallies.minute_at < last
    )


def _bucket(length_s: int) -> ColumnElement[int]:
    length: ColumnElement[int] = literal_column(str(length_s), BigInteger)
    return _tallies.minute_at - _tallies.minute_at % length  # a bound value would not group by


def _cells(
    connection: Connection, location: str, opens: datetime, ends_at: datetime
) -> dict[int, list[tuple[str, AudienceSums]]]:
    """Tallies by step and camera: step → [(device, tally)]."""
    step = _bucket(_STEP_S)
    rows = connection.execute(
        _between(
            _sums().add_columns(step.label("step"), _tallies.device),
            location,
            _seconds(opens),
            _seconds(ends_at),
        ).group_by(step, _tallies.device)
    )
    cells: dict[int, list[tuple[str, AudienceSums]]] = defaultdict(list)
    for row in rows.mappings():
        cells[row["step"] // _STEP_S].append((row["device"], AudienceSums.of(row)))
    return cells


def _hour(row: Row[*tuple[Any, ...]]) -> HourRow:
    hour_at, *sums = row
    return HourRow(datetime.fromtimestamp(hour_at, UTC), *map(int, sums))


_HOUR_SUMS: Final = (
    "observed_ms",
    "person_ms",
    "looking_ms",
    "entries",
    "visits",
    "onlookers",
    "dwell_ms",
)
