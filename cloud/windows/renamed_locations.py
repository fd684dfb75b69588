"""Renamed locations: rows that were counted under a former id move to the present id.

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
    hour_creatives,
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
from cloud.database.receipts import receipts
from cloud.database.rollups import UNKNOWN, lock_for_moving
from cloud.ingest.report_store import adding_upsert
from cloud.sites.sites import Sites
from cloud.windows.venue_types import move_hours

log = logging.getLogger(__name__)

RECHECK_INTERVAL: Final = timedelta(minutes=1)
ADDED: Final = (minute_tallies, hour_tallies, hour_creatives, minute_demographics, minute_sensors)
"""Their rows are added to those of the present id."""
RENAMED: Final = (report_streams, reports, lost_sequences, dead_letters, receipts)
"""Their rows are keyed by device; the location is an attribute."""
REPLACED: Final = (device_status, quarantined_devices, device_alarms, location_updates)
"""Of two rows with the same key, the one of the present id stays."""


class LocationRenames:
    """Moves rows of former ids, and checks again every minute.

    A program that has not read the sites file yet may still count under a former id.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._done_for: Sites | None = None
        self._recheck_at = EPOCH

    def maintain(self, sites: Sites, now: datetime) -> None:
        """Move existing rows; an unavailable database is retried at the next call."""
        if sites is self._done_for and now < self._recheck_at:
            return
        former_ids = [(former, site.id) for site in sites for former in site.formerly]
        try:
            renamed = rename_locations(self._engine, former_ids) if former_ids else []
        except DBAPIError as error:
            if not is_passing(error):
                raise
            log.warning("locations.not_renamed", extra={"reason": failure_of(error)})
            return
        self._done_for, self._recheck_at = sites, now + RECHECK_INTERVAL
        for former, present in renamed:
            log.info("location.renamed", extra={"formerly": former, "location": present})


def rename_locations(
    engine: Engine, former_ids: Iterable[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Move each former id to its present one; returns those that had rows."""
    renamed = []
    for former, present in former_ids:
        with writing(engine) as connection:
            if _has_rows(connection, former):
                lock_for_moving(connection)
                _move(connection, former, present)
                renamed.append((former, present))
    return renamed


def _has_rows(connection: Connection, former: str) -> bool:
    tables = (location_updates, report_streams, device_status, quarantined_devices, location_venues)
    found = [select(literal(1)).where(table.c.location == former).exists() for table in tables]
    return bool(connection.execute(select(or_(*found))).scalar())


def _move(connection: Connection, former: str, present: str) -> None:
    before, after = (_venue(connection, location) for location in (former, present))
    if before != after:
        move_hours(connection, [former], before, after)
    for table in ADDED:
        _add(connection, table, former, present)
    for table in RENAMED:
        connection.execute(
            table.update().where(table.c.location == former).values(location=present)
        )
    for table in REPLACED:
        _replace(connection, table, former, present)
    connection.execute(location_venues.delete().where(location_venues.c.location == former))


def _venue(connection: Connection, location: str) -> str:
    query = select(location_venues.c.venue_type).where(location_venues.c.location == location)
    return connection.execute(query).scalar() or UNKNOWN


def _add(connection: Connection, table: Table, former: str, present: str) -> None:
    names = [column.name for column in table.columns]
    rows = _under(table, names, former, present)
    connection.execute(adding_upsert(connection.dialect.name, table).from_select(names, rows))
    connection.execute(table.delete().where(table.c.location == former))


def _replace(connection: Connection, table: Table, former: str, present: str) -> None:
    names = [column.name for column in table.columns if column.name != "id"]
    rows = _under(table, names, former, present)
    into = insert(connection.dialect.name, table).from_select(names, rows)
    connection.execute(into.on_conflict_do_nothing())
    connection.execute(table.delete().where(table.c.location == former))


def _under(table: Table, names: list[str], former: str, present: str) -> Select[*tuple[Any, ...]]:
    """The rows of a former id, as rows of the present one."""
    columns: list[Any] = [
        literal(present).label(name) if name == "location" else table.c[name] for name in names
    ]
    return select(*columns).where(table.c.location == former)
