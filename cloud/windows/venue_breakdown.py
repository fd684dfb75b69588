"""All locations by venue type, hour and day, from sums that are stored for that purpose.

The sums equal those of `breakdown` exactly. The number of locations and cameras of a group is no
sum and is not available here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, Table, func, select

from cloud.database import SUMS, total, venue_demographics, venue_hours
from cloud.windows.audience import AudienceSums
from cloud.windows.dimensions import (
    DAY_S,
    HOUR_S,
    BreakdownFilter,
    DemographicGroup,
    Dimension,
    key_value,
    rounded_down,
)
from cloud.windows.query import WindowError

DIMENSIONS: Final = frozenset({Dimension.VENUE_TYPE, Dimension.HOUR, Dimension.DAY})


@dataclass(frozen=True, slots=True)
class VenueSums:
    """One group and its sums."""

    key: Mapping[Dimension, str | datetime]
    tally: AudienceSums


def venue_breakdown(
    connection: Connection,
    where: BreakdownFilter,
    by: tuple[Dimension, ...],
    *,
    sums: tuple[str, ...] = SUMS,
) -> list[VenueSums]:
    """The sums of each group that has a report, in the order of the keys; whole hours only."""
    keys = _keys(venue_hours, by)
    cells = venue_hours.c
    query = (
        select(
            *keys,
            func.max(cells.peak).label("peak"),
            *(total(cells[name]).label(name) for name in sums),
        )
        .group_by(*keys)
        .having(total(cells.reports) > 0)
        .order_by(*keys)
    )
    rows = connection.execute(_filtered(query, venue_hours, where)).mappings()
    return [
        VenueSums(_named(by, [row[str(one)] for one in by]), AudienceSums.of(row)) for row in rows
    ]


def venue_demographic_groups(
    connection: Connection, where: BreakdownFilter, by: tuple[Dimension, ...] = ()
) -> list[DemographicGroup]:
    """Ended visits by age and gender, for each group; whole hours only."""
    keys = _keys(venue_demographics, by)
    cells = venue_demographics.c
    groups = (*keys, cells.age, cells.gender)
    query = (
        select(cells.age, cells.gender, total(cells.visits), total(cells.onlookers), *keys)
        .group_by(*groups)
        .having(total(cells.visits) + total(cells.onlookers) > 0)
        .order_by(*groups)
    )
    return [
        DemographicGroup(age, gender, int(visits), int(onlookers), _named(by, key))
        for age, gender, visits, onlookers, *key in connection.execute(
            _filtered(query, venue_demographics, where)
        )
    ]


def _keys(table: Table, by: tuple[Dimension, ...]) -> list[ColumnElement[Any]]:
    unsupported = set(by) - DIMENSIONS
    if unsupported:
        raise WindowError(
            f"no sums are stored by {', '.join(sorted(unsupported))}: query location by location"
        )
    columns: dict[Dimension, ColumnElement[Any]] = {
        Dimension.VENUE_TYPE: table.c.venue_type,
        Dimension.HOUR: rounded_down(table.c.hour_at, HOUR_S),
        Dimension.DAY: rounded_down(table.c.hour_at, DAY_S),
    }
    return [columns[dimension].label(str(dimension)) for dimension in by]


def _named(by: tuple[Dimension, ...], key: list[Any]) -> Mapping[Dimension, str | datetime]:
    return {one: key_value(one, value) for one, value in zip(by, key, strict=True)}


def _filtered(
    query: Select[*tuple[Any, ...]], table: Table, where: BreakdownFilter
) -> Select[*tuple[Any, ...]]:
    if not where.is_of_whole_hours:
        raise WindowError(
            f"from {where.starts_at.isoformat()} until {where.ends_at.isoformat()} are not whole "
            "hours: use whole hours, or one location"
        )
    first, end = where.seconds
    query = query.where(table.c.hour_at >= first, table.c.hour_at < end)
    if where.venue_type is not None:
        query = query.where(table.c.venue_type == where.venue_type)
    return query
