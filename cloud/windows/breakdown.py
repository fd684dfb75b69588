"""Audiences broken down by location, venue type, camera, hour or day: sums first, ratios after.

An interval of whole hours is read from hour sums, any other from minute sums. Both give the same
sums, except that a report longer than a minute counts at its start. The cost grows with the rows
read: for all locations use `venue_breakdown`, and this module for the locations of one page.
"""

from collections.abc import Mapping
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
    location_updates,
    location_venues,
    minute_demographics,
    minute_tallies,
    total,
)
from cloud.database.rollups import UNKNOWN
from cloud.windows.audience import Audience, AudienceSums
from cloud.windows.dimensions import (
    DAY_S,
    HOUR_S,
    BreakdownCell,
    BreakdownFilter,
    DemographicGroup,
    Dimension,
    cell_interval,
    key_value,
    rounded_down,
)

MOST_CELLS: Final = 100_000


def breakdown(
    connection: Connection,
    where: BreakdownFilter,
    by: tuple[Dimension, ...],
    *,
    sums: tuple[str, ...] = SUMS,
) -> list[BreakdownCell]:
    """One cell for each group that has a report, in the order of the keys.

    The cost grows with the columns: for many locations select only the needed `sums`; the others
    are zero.
    """
    tallies, clock = _tallies_for(where)
    keys = [_key(dimension, tallies, clock).label(str(dimension)) for dimension in by]
    query = (
        select(
            *keys,
            _count(tallies, Dimension.LOCATION, by).label("locations"),
            _count(tallies, Dimension.DEVICE, by).label("cameras"),
            func.max(tallies.c.peak).label("peak"),
            *(total(tallies.c[name]).label(name) for name in sums),
        )
        .group_by(*keys)
        .order_by(*keys)
        .limit(MOST_CELLS)
    )
    rows = connection.execute(_filtered(query, tallies, clock, where, by)).mappings()
    return [_cell(row, by, where) for row in rows if row["cameras"]]


def demographics(
    connection: Connection, where: BreakdownFilter, by: tuple[Dimension, ...] = ()
) -> list[DemographicGroup]:
    """Ended visits by age and gender, "unknown" being a group like any other."""
    cells = minute_demographics.c
    keys = [_key(dimension, minute_demographics, cells.minute_at) for dimension in by]
    query = (
        select(cells.age, cells.gender, total(cells.visits), total(cells.onlookers), *keys)
        .group_by(*keys, cells.age, cells.gender)
        .order_by(*keys, cells.age, cells.gender)
        .limit(MOST_CELLS)
    )
    filtered = _filtered(query, minute_demographics, cells.minute_at, where, by)
    return [
        DemographicGroup(age, gender, int(visits), int(onlookers),
              {one: key_value(one, value) for one, value in zip(by, key, strict=True)})
        for age, gender, visits, onlookers, *key in connection.execute(filtered)
    ]  # fmt: skip


def locations_with_reports(
    connection: Connection, *, venue_type: str | None, after: str, most: int
) -> list[str]:
    """Locations with counted reports, in order, after `after`."""
    query = select(location_updates.c.location).where(location_updates.c.location > after)
    if venue_type is not None:
        beside = location_venues.c.location == location_updates.c.location
        query = query.join(location_venues, beside, isouter=True).where(_venue_type == venue_type)
    return list(
        connection.execute(query.order_by(location_updates.c.location).limit(most)).scalars()
    )


def _tallies_for(where: BreakdownFilter) -> tuple[Table, ColumnElement[int]]:
    if where.is_of_whole_hours:
        return hour_tallies, hour_tallies.c.hour_at
    return minute_tallies, minute_tallies.c.minute_at


def _key(dimension: Dimension, tallies: Table, clock: ColumnElement[int]) -> ColumnElement[Any]:
    match dimension:
        case Dimension.VENUE_TYPE:
            return _venue_type
        case Dimension.HOUR:
            return rounded_down(clock, HOUR_S)
        case Dimension.DAY:
            return rounded_down(clock, DAY_S)
        case _:
            column: ColumnElement[Any] = tallies.c[str(dimension)]
            return column


def _count(tallies: Table, what: Dimension, by: tuple[Dimension, ...]) -> ColumnElement[int]:
    """The number of distinct values in a group; 1 where it is a key, which saves counting."""
    one: ColumnElement[int] = literal_column("1", BigInteger)
    return one if what in by else func.count(tallies.c[str(what)].distinct())


def _filtered(
    query: Select[*tuple[Any, ...]],
    tallies: Table,
    clock: ColumnElement[int],
    where: BreakdownFilter,
    by: tuple[Dimension, ...],
) -> Select[*tuple[Any, ...]]:
    first, end = where.seconds
    query = query.where(clock >= first, clock < end)
    if Dimension.VENUE_TYPE in by or where.venue_type is not None:
        query = query.join_from(
            tallies, location_venues, tallies.c.location == location_venues.c.location, isouter=True
        )
    if where.location is not None:
        query = query.where(tallies.c.location == where.location)
    if where.locations is not None:
        query = query.where(tallies.c.location.in_(where.locations))
    if where.venue_type is not None:
        query = query.where(_venue_type == where.venue_type)
    return query


def _cell(
    row: Mapping[Any, Any], by: tuple[Dimension, ...], where: BreakdownFilter
) -> BreakdownCell:
    key = {dimension: key_value(dimension, row[str(dimension)]) for dimension in by}
    starts_at, ends_at = cell_interval(key, where)
    audience = Audience(
        str(row["location"]) if Dimension.LOCATION in by else where.location or "",
        starts_at,
        ends_at,
        int(row["cameras"]),
        AudienceSums.of(row),
    )
    return BreakdownCell(key, int(row["locations"]), audience)


_venue_type: Final[ColumnElement[str]] = func.coalesce(
    location_venues.c.venue_type, literal_column(f"'{UNKNOWN}'")
)
