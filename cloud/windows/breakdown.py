"""Audiences broken down by place, venue type, camera, hour or day: sums first, figures after.

Hours and days are UTC. A stretch of whole hours is read from the hours, any other from the
minutes; both give the same sums, except that a report longer than a minute counts at its start.
Demographics are ended visits by age and gender; "unknown" is a group like any other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Table,
    func,
    literal_column,
    select,
)

from cloud.database import (
    SUMS,
    hour_tallies,
    insert,
    microseconds,
    minute_demographics,
    minute_tallies,
    places,
)
from cloud.windows.audience import Audience, Tally
from cloud.windows.query import WindowError

HOUR_S: Final = 3_600
DAY_S: Final = 86_400
MOST_CELLS: Final = 100_000


class Dimension(StrEnum):
    """What an audience can be broken down by."""

    LOCATION = "location"
    VENUE_TYPE = "venue_type"
    DEVICE = "device"
    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Cell:
    """One group: what it is (hours and days as instants), and its audience."""

    key: Mapping[Dimension, str | datetime]
    locations: int
    audience: Audience


@dataclass(frozen=True, slots=True)
class Group:
    """Ended visits of one age group and gender."""

    age: str
    gender: str
    visits: int
    onlookers: int


@dataclass(frozen=True, slots=True)
class Where:
    """Half-open in time; None lets every place or venue type through."""

    starts_at: datetime
    ends_at: datetime
    location: str | None = None
    venue_type: str | None = None

    def __post_init__(self) -> None:
        if self.ends_at <= self.starts_at:
            raise WindowError(
                f"the stretch ends ({self.ends_at.isoformat()}) before it has started "
                f"({self.starts_at.isoformat()}): give `until` after `from`"
            )


def know_places(connection: Connection, venue_types: Mapping[str, str]) -> None:
    """Keep what the estate says of each location: location → venue type."""
    into = insert(connection.dialect.name, places)
    update = into.on_conflict_do_update(
        index_elements=["location"], set_={"venue_type": into.excluded.venue_type}
    )
    rows = [{"location": one, "venue_type": kind} for one, kind in sorted(venue_types.items())]
    if rows:
        connection.execute(update, rows)


def breakdown(
    connection: Connection,
    where: Where,
    by: tuple[Dimension, ...],
    *,
    sums: tuple[str, ...] = SUMS,
) -> list[Cell]:
    """One cell for each group that holds a report, in the order of the keys.

    Adding up costs by the column: over a large estate ask only for the `sums` that are wanted, the
    others are zero.
    """
    tallies, clock = _tallies_for(where)
    keys = [_key(dimension, tallies, clock).label(str(dimension)) for dimension in by]
    query = (
        select(
            *keys,
            _count(tallies, Dimension.LOCATION, by).label("locations"),
            _count(tallies, Dimension.DEVICE, by).label("cameras"),
            func.max(tallies.c.peak).label("peak"),
            *(func.sum(tallies.c[name]).label(name) for name in sums),
        )
        .group_by(*keys)
        .order_by(*keys)
        .limit(MOST_CELLS)
    )
    rows = connection.execute(_held(query, tallies, clock, where)).mappings()
    return [_cell(row, by, where) for row in rows if row["cameras"]]


def demographics(connection: Connection, where: Where) -> list[Group]:
    """Ended visits by age and gender."""
    cells = minute_demographics.c
    query = (
        select(cells.age, cells.gender, func.sum(cells.visits), func.sum(cells.onlookers))
        .group_by(cells.age, cells.gender)
        .order_by(cells.age, cells.gender)
    )
    held = _held(query, minute_demographics, cells.minute_at, where)
    return [
        Group(age, gender, int(visits), int(onlookers))
        for age, gender, visits, onlookers in connection.execute(held)
    ]


def _tallies_for(where: Where) -> tuple[Table, ColumnElement[int]]:
    hour_us = HOUR_S * 1_000_000
    if microseconds(where.starts_at) % hour_us or microseconds(where.ends_at) % hour_us:
        return minute_tallies, minute_tallies.c.minute_at
    return hour_tallies, hour_tallies.c.hour_at


def _key(dimension: Dimension, tallies: Table, clock: ColumnElement[int]) -> ColumnElement[Any]:
    match dimension:
        case Dimension.VENUE_TYPE:
            return places.c.venue_type
        case Dimension.HOUR:
            return clock - clock % _number(HOUR_S)
        case Dimension.DAY:
            return clock - clock % _number(DAY_S)
        case _:
            column: ColumnElement[Any] = tallies.c[str(dimension)]
            return column


def _count(tallies: Table, what: Dimension, by: tuple[Dimension, ...]) -> ColumnElement[int]:
    """How many different ones a group holds: one, where it is a key, which saves the counting."""
    return _number(1) if what in by else func.count(tallies.c[str(what)].distinct())


def _number(value: int) -> ColumnElement[int]:
    return literal_column(str(value), BigInteger)  # a bound value would not group by


def _held(
    query: Select[*tuple[Any, ...]], tallies: Table, clock: ColumnElement[int], where: Where
) -> Select[*tuple[Any, ...]]:
    query = query.where(
        clock >= _ceil_s(where.starts_at),
        clock < _ceil_s(where.ends_at),
    ).join_from(tallies, places, tallies.c.location == places.c.location, isouter=True)
    if where.location is not None:
        query = query.where(tallies.c.location == where.location)
    if where.venue_type is not None:
        query = query.where(places.c.venue_type == where.venue_type)
    return query


def _ceil_s(instant: datetime) -> int:
    return -(-microseconds(instant) // 1_000_000)


def _cell(row: Mapping[Any, Any], by: tuple[Dimension, ...], where: Where) -> Cell:
    key = {dimension: _shown(dimension, row[str(dimension)]) for dimension in by}
    starts_at, ends_at = _span(key, where)
    audience = Audience(
        str(row["location"]) if Dimension.LOCATION in by else where.location or "",
        starts_at,
        ends_at,
        int(row["cameras"]),
        Tally.of(row),
    )
    return Cell(key, int(row["locations"]), audience)


def _shown(dimension: Dimension, value: Any) -> str | datetime:
    if dimension in (Dimension.HOUR, Dimension.DAY):
        return datetime.fromtimestamp(value, UTC)
    return "unknown" if value is None else str(value)


def _span(key: Mapping[Dimension, Any], where: Where) -> tuple[datetime, datetime]:
    for dimension, length in ((Dimension.HOUR, HOUR_S), (Dimension.DAY, DAY_S)):
        if dimension in key:
            opens: datetime = key[dimension]
            closes = opens + timedelta(seconds=length)
            return max(opens, where.starts_at), min(closes, where.ends_at)
    return where.starts_at, where.ends_at
