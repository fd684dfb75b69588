"""Locations that have another name now: what was counted under a former name moves to the present.

New reports are counted under the present name (`cloud.ingest.validate`): each name is moved once.
The move is one transaction that waits for all others: sums are added to those of the present name,
and the hours of venue types keep their totals.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, Select, Table, literal, or_, select
from sqlalchemy.exc import DBAPIError

from cloud.database import (
    EPOCH,
    dead_letters,
    device_alarms,
    device_status,
    hour_tallies,
    insert,
    location_updates,
    location_venues,
    lost_sequences,
    minute_demographics,
    minute_sensors,
    minute_tallies,
    quarantined_devices,
    report_streams,
    reports,
    writing,
)
from cloud.database.failures import failure_of, is_passing
from cloud.database.rollups import UNKNOWN, lock_for_moving
from cloud.estate import Estate
from cloud.ingest.report_store import adding_upsert
from cloud.windows.venue_types import move_hours

log = logging.getLogger(__name__)

AGAIN: Final = timedelta(minutes=1)
ADDED: Final = (minute_tallies, hour_tallies, minute_demographics, minute_sensors)
"""Their rows are added to those of the present name."""
RENAMED: Final = (report_streams, reports, lost_sequences, dead_letters)
"""Their rows are found by device; the location only says where it is."""
REPLACED: Final = (device_status, quarantined_devices, device_alarms, location_updates)
"""Of two rows that are about the same, the one of the present name stays."""


class LocationRenames:
    """Moves what stands under former names, again now and then.

    A program that has not read the sites file yet may still count under a former name.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._done: Estate | None = None
        self._again_at = EPOCH

    def maintain(self, estate: Estate, now: datetime) -> None:
        """Move what is there; a database that is away is asked again at the next call."""
        if estate is self._done and now < self._again_at:
            return
        former = [(old, site.id) for site in estate for old in site.formerly]
        try:
            moved = rename_locations(self._engine, former) if former else []
        except DBAPIError as error:
            if not is_passing(error):
                raise
            log.warning("locations.not_renamed", extra={"reason": failure_of(error)})
            return
        self._done, self._again_at = estate, now + AGAIN
        for old, present in moved:
            log.info("location.renamed", extra={"formerly": old, "location": present})


def rename_locations(engine: Engine, former: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Move each former name to its present one; those of which there was anything."""
    moved = []
    for old, present in former:
        with writing(engine) as connection:
            if _is_there(connection, old):
                lock_for_moving(connection)
                _move(connection, old, present)
                moved.append((old, present))
    return moved


def _is_there(connection: Connection, old: str) -> bool:
    tables = (location_updates, report_streams, device_status, quarantined_devices, location_venues)
    found = [select(literal(1)).where(table.c.location == old).exists() for table in tables]
    return bool(connection.execute(select(or_(*found))).scalar())


def _move(connection: Connection, old: str, present: str) -> None:
    before, after = (_venue(connection, location) for location in (old, present))
    if before != after:
        move_hours(connection, [old], before, after)
    for table in ADDED:
        _add(connection, table, old, present)
    for table in RENAMED:
        connection.execute(table.update().where(table.c.location == old).values(location=present))
    for table in REPLACED:
        _replace(connection, table, old, present)
    connection.execute(location_venues.delete().where(location_venues.c.location == old))


def _venue(connection: Connection, location: str) -> str:
    query = select(location_venues.c.venue_type).where(location_venues.c.location == location)
    return connection.execute(query).scalar() or UNKNOWN


def _add(connection: Connection, table: Table, old: str, present: str) -> None:
    names = [column.name for column in table.columns]
    rows = _under(table, names, old, present)
    connection.execute(adding_upsert(connection.dialect.name, table).from_select(names, rows))
    connection.execute(table.delete().where(table.c.location == old))


def _replace(connection: Connection, table: Table, old: str, present: str) -> None:
    names = [column.name for column in table.columns if column.name != "id"]
    rows = _under(table, names, old, present)
    into = insert(connection.dialect.name, table).from_select(names, rows)
    connection.execute(into.on_conflict_do_nothing())
    connection.execute(table.delete().where(table.c.location == old))


def _under(table: Table, names: list[str], old: str, present: str) -> Select[*tuple[Any, ...]]:
    """The rows of a former name as rows of the present one."""
    columns: list[Any] = [
        literal(present).label(name) if name == "location" else table.c[name] for name in names
    ]
    return select(*columns).where(table.c.location == old)
