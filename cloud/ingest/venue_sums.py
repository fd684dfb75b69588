"""Add a batch to the hour sums of each venue type; summed here first, so it writes few rows.

It is the last step of a transaction, because every consumer writes to these rows.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, bindparam, select

from cloud.database import location_venues, run_many, venue_demographics, venue_hours
from cloud.database.rollups import UNKNOWN
from cloud.ingest.minute_sums import MinuteSums
from cloud.ingest.report_store import adding_upsert

CHUNK: Final = 400


def add_venue_sums(connection: Connection, tallies: MinuteSums, lane: int) -> None:
    """Add the batch's hours and demographics to their venue types, in the lane of `counting`."""
    venues = _venues(connection, sorted({location for location, _, _ in tallies.hours}))
    hours: dict[tuple[int, str], list[list[int]]] = defaultdict(list)
    for (location, hour_at, _), sums in tallies.hours.items():
        hours[hour_at, venues[location]].append(sums)
    groups: dict[tuple[int, str, str, str], list[list[int]]] = defaultdict(list)
    for (location, minute_at, _, age, gender), sums in tallies.demographics.items():
        groups[minute_at // 3600 * 3600, venues[location], age, gender].append(sums)
    dialect = connection.dialect.name
    run_many(
        connection,
        adding_upsert(dialect, venue_hours),
        tuple(venue_hours.columns.keys()),
        [
            (*key, lane, *_added(row[:-1] for row in rows), max(row[-1] for row in rows))
            for key, rows in sorted(hours.items())
        ],
    )
    run_many(
        connection,
        adding_upsert(dialect, venue_demographics),
        tuple(venue_demographics.columns.keys()),
        [(*key, lane, *_added(rows)) for key, rows in sorted(groups.items())],
    )


def _added(rows: Iterable[list[int]]) -> list[int]:
    return [sum(column) for column in zip(*rows, strict=True)]


def _venues(connection: Connection, locations: list[str]) -> dict[str, str]:
    """Location → venue type, as it is now and stays until the transaction ends."""
    found = dict.fromkeys(locations, UNKNOWN)
    for start in range(0, len(locations), CHUNK):
        some = {"locations": locations[start : start + CHUNK]}
        for location, venue_type in connection.execute(_KNOWN, some):
            found[location] = venue_type
    return found


_KNOWN = select(location_venues.c.location, location_venues.c.venue_type).where(
    location_venues.c.location.in_(bindparam("locations", expanding=True))
)
