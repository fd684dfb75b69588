"""The venue type of each location, stored beside the sums; a change moves the sums along.

A location that becomes known leaves the venue type "unknown", and a converted one leaves its former
type. Its hour sums are subtracted there and added here, so that the hours of a venue type always
are the sums of its locations. Demographics older than the kept minutes stay with the former type.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, func, select
from sqlalchemy.exc import DBAPIError

from cloud.database import (
    SUMS,
    hour_tallies,
    insert,
    location_venues,
    minute_demographics,
    run_many,
    total,
    venue_demographics,
    venue_hours,
    writing,
)
from cloud.database.failures import failure_of, is_passing
from cloud.database.rollups import UNKNOWN, lock_for_moving
from cloud.ingest.report_store import adding_upsert
from cloud.windows.dimensions import HOUR_S, rounded_down

log = logging.getLogger(__name__)

CHUNK: Final = 400
SHARED_LANE: Final = 0  # a single lane may be negative; only the sum over all lanes is read


class VenueTypeSync:
    """Writes the venue types of the sites file whenever they have changed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._written: Mapping[str, str] = {}

    def maintain(self, venue_types: Mapping[str, str]) -> None:
        """Write changes; an unavailable database is retried at the next call."""
        if venue_types is self._written or venue_types == self._written:
            return
        try:
            with writing(self._engine) as connection:
                sync_venue_types(connection, venue_types)
        except DBAPIError as error:
            if not is_passing(error):
                raise
            log.warning("venue_types.not_written", extra={"reason": failure_of(error)})
        else:
            self._written = venue_types


def sync_venue_types(connection: Connection, venue_types: Mapping[str, str]) -> None:
    """Store the venue type of each location."""
    if not _changed(connection, venue_types):
        return
    lock_for_moving(connection)
    changed = _changed(connection, venue_types)
    into = insert(connection.dialect.name, location_venues)
    update = into.on_conflict_do_update(
        index_elements=["location"], set_={"venue_type": into.excluded.venue_type}
    )
    rows = [(one, venue_types[one]) for one in sorted(changed)]
    run_many(connection, update, ("location", "venue_type"), rows)
    for (before, after), locations in _moves(changed, venue_types):
        move_hours(connection, locations, before, after)


def _changed(connection: Connection, venue_types: Mapping[str, str]) -> dict[str, str]:
    """Location -> former venue type, for those that changed."""
    rows = connection.execute(select(location_venues.c.location, location_venues.c.venue_type))
    stored = {row.location: row.venue_type for row in rows}
    return {
        location: stored.get(location, UNKNOWN)
        for location, venue_type in venue_types.items()
        if stored.get(location) != venue_type
    }


def _moves(
    before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[tuple[tuple[str, str], list[str]]]:
    moves: dict[tuple[str, str], list[str]] = defaultdict(list)
    for location in sorted(before):
        if before[location] != after[location]:
            moves[before[location], after[location]].append(location)
    for move, locations in moves.items():
        for start in range(0, len(locations), CHUNK):
            yield move, locations[start : start + CHUNK]


def move_hours(connection: Connection, locations: list[str], before: str, after: str) -> None:
    """Take the hours of locations from one venue type and add them to another."""
    cells = hour_tallies.c
    hours = connection.execute(
        select(
            cells.hour_at,
            *(total(cells[name]) for name in SUMS),
            func.max(cells.peak),
        )
        .where(cells.location.in_(locations))
        .group_by(cells.hour_at)
    ).all()
    _add(
        connection, venue_hours, [(row[0], after, SHARED_LANE, *map(int, row[1:])) for row in hours]
    )
    subtracted = [
        (row[0], before, SHARED_LANE, *(-int(one) for one in row[1:-1]), 0) for row in hours
    ]
    _add(connection, venue_hours, subtracted)
    _lower_peaks(connection, [row[0] for row in hours], before)
    people = minute_demographics.c
    hour_at = rounded_down(people.minute_at, HOUR_S)
    groups = connection.execute(
        select(hour_at, people.age, people.gender, total(people.visits),
               total(people.onlookers))
        .where(people.location.in_(locations))
        .group_by(hour_at, people.age, people.gender)
    ).all()  # fmt: skip
    for venue_type, sign in ((after, 1), (before, -1)):
        rows = [
            (hour, venue_type, age, gender, SHARED_LANE, sign * int(visits), sign * int(onlookers))
            for hour, age, gender, visits, onlookers in groups
        ]
        _add(connection, venue_demographics, rows)


def _add(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    statement = adding_upsert(connection.dialect.name, table)
    run_many(connection, statement, tuple(table.columns.keys()), sorted(rows))


def _lower_peaks(connection: Connection, hours: list[int], venue_type: str) -> None:
    """Recompute the maximum from the remaining locations: it cannot be subtracted."""
    for start in range(0, len(hours), CHUNK):
        chunk = hours[start : start + CHUNK]
        of_type = (venue_hours.c.venue_type == venue_type) & venue_hours.c.hour_at.in_(chunk)
        connection.execute(venue_hours.update().where(of_type).values(peak=0))
        cells = hour_tallies.c
        remaining = connection.execute(
            select(cells.hour_at, func.max(cells.peak))
            .join_from(
                hour_tallies,
                location_venues,
                cells.location == location_venues.c.location,
                isouter=True,
            )
            .where(func.coalesce(location_venues.c.venue_type, UNKNOWN) == venue_type)
            .where(cells.hour_at.in_(chunk))
            .group_by(cells.hour_at)
        )
        nothing = (0,) * len(SUMS)
        rows = [(hour_at, venue_type, SHARED_LANE, *nothing, peak) for hour_at, peak in remaining]
        _add(connection, venue_hours, rows)
