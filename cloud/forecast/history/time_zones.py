"""Derived rows belong to the time zone in which they were derived.

Every table derived from local days or hours stores the zone. Rows of another zone than the present
one of the site are never read, and are deleted before new ones are written.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import ColumnElement, Connection, Table, delete

Zones = Mapping[str, str]
"""Location -> the name of its present time zone."""


def match_other_zones(table: Table, zones: Zones) -> list[ColumnElement[bool]]:
    """Conditions that find the rows of those locations that were derived on another clock."""
    cells = table.c
    return [
        cells.location.in_([name for name, of in zones.items() if of == zone])
        & cells.zone.is_not(None)
        & (cells.zone != zone)
        for zone in sorted(set(zones.values()))
    ]


def delete_other_zones(
    connection: Connection, tables: Sequence[Table], zones: Zones, since: date
) -> int:
    """Delete rows of another time zone for days from `since` on; returns their number."""
    return sum(
        connection.execute(delete(table).where(condition, table.c.first_on >= since)).rowcount
        for table in tables
        for condition in match_other_zones(table, zones)
    )
