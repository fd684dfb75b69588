"""What the estate says of each place, kept beside the counts; what changes takes its sums along.

A place that is known for the first time leaves the venue type "unknown", one that was converted
leaves its former type: its hours are taken from there and added here, so that the hours of a venue
type are at every moment the sums of the places that have it. Demographics older than the minutes
that are kept stay where they were counted.
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
LANE: Final = 0  # a lane may go below zero; what counts is the sum over all


class VenueTypeSync:
    """Tells the database of the estate's places, again whenever they have changed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._told: Mapping[str, str] = {}

    def maintain(self, venue_types: Mapping[str, str]) -> None:
        """Say what is new; a database that is away hears of it at the next call."""
        if venue_types is self._told or venue_types == self._told:
            return
        try:
            with writing(self._engine) as connection:
                sync_venue_types(connection, venue_types)
        except DBAPIError as error:
            if not is_passing(error):
                raise
            log.warning("places.not_kept", extra={"reason": failure_of(error)})
        else:
            self._told = venue_types


def sync_venue_types(connection: Connection, venue_types: Mapping[str, str]) -> None:
    """Keep what the estate says of each location: location → venue type."""
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
    for (before, after), locations in _together(changed, venue_types):
        move_hours(connection, locations, before, after)


def _changed(connection: Connection, venue_types: Mapping[str, str]) -> dict[str, str]:
    """Location → what it was, for those that are something else now."""
    rows = connection.execute(select(location_venues.c.location, location_venues.c.venue_type))
    known = {row.location: row.venue_type for row in rows}
    return {
        location: known.get(location, UNKNOWN)
        for location, venue_type in venue_types.items()
        if known.get(location) != venue_type
    }


def _together(
    before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[tuple[tuple[str, str], list[str]]]:
    ways: dict[tuple[str, str], list[str]] = defaultdict(list)
    for location in sorted(before):
        if before[location] != after[location]:
            ways[before[location], after[location]].append(location)
    for way, locations in ways.items():
        for start in range(0, len(locations), CHUNK):
            yield way, locations[start : start + CHUNK]


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
    _add(connection, venue_hours, [(row[0], after, LANE, *map(int, row[1:])) for row in hours])
    taken = [(row[0], before, LANE, *(-int(one) for one in row[1:-1]), 0) for row in hours]
    _add(connection, venue_hours, taken)
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
        rows = [(hour, venue_type, age, gender, LANE, sign * int(visits), sign * int(onlookers))
                for hour, age, gender, visits, onlookers in groups]  # fmt: skip
        _add(connection, venue_demographics, rows)


def _add(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    statement = adding_upsert(connection.dialect.name, table)
    run_many(connection, statement, tuple(table.columns.keys()), sorted(rows))


def _lower_peaks(connection: Connection, hours: list[int], venue_type: str) -> None:
    """A maximum cannot be taken back: it is looked up among those that stayed."""
    for start in range(0, len(hours), CHUNK):
        some = hours[start : start + CHUNK]
        of_type = (venue_hours.c.venue_type == venue_type) & venue_hours.c.hour_at.in_(some)
        connection.execute(venue_hours.update().where(of_type).values(peak=0))
        cells = hour_tallies.c
        stayed = connection.execute(
            select(cells.hour_at, func.max(cells.peak))
            .join_from(
                hour_tallies,
                location_venues,
                cells.location == location_venues.c.location,
                isouter=True,
            )
            .where(func.coalesce(location_venues.c.venue_type, UNKNOWN) == venue_type)
            .where(cells.hour_at.in_(some))
            .group_by(cells.hour_at)
        )
        nothing = (0,) * len(SUMS)
        rows = [(hour_at, venue_type, LANE, *nothing, peak) for hour_at, peak in stayed]
        _add(connection, venue_hours, rows)
