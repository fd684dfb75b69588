"""PostgreSQL partitions by time: created ahead, dropped whole. SQLite needs none.

A missing partition only costs convenience: its rows go to the default partition and are deleted one
by one. So nothing here stops a program. Creating and dropping lock the table for a moment, and give
up rather than let writers wait behind a long query.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Table,
    func,
    inspect,
    literal_column,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, ProgrammingError

from cloud.database.audience import minute_demographics, minute_sensors, minute_tallies, reports
from cloud.database.columns import EPOCH
from cloud.database.engine import reading, writing
from cloud.database.failures import failure_of, is_passing

log = logging.getLogger(__name__)

CREATE_AHEAD: Final = timedelta(days=14)
RETRY_AFTER: Final = timedelta(minutes=10)
LOCK_TIMEOUT: Final = "SET LOCAL lock_timeout = '3s'"
DAY: Final = timedelta(days=1)
MICROSECOND: Final = timedelta(microseconds=1)
SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class PartitionedTable:
    """A table in partitions of `length` by `column`, which counts `unit`s since 1970."""

    table: Table
    column: Column[int]
    unit: timedelta
    length: timedelta

    def start(self, at: datetime) -> datetime:
        """When the partition that holds `at` begins."""
        return EPOCH + (at - EPOCH) // self.length * self.length

    def name(self, starts_at: datetime) -> str:
        """A partition is named for the day on which it begins."""
        return f"{self.table.name}_{starts_at:%Y%m%d}"


PARTITIONED: Final = (
    PartitionedTable(reports, reports.c.received_at, MICROSECOND, DAY),
    *(
        PartitionedTable(table, table.c.minute_at, SECOND, 7 * DAY)
        for table in (minute_tallies, minute_demographics, minute_sensors)
    ),
)


def make_partitions(engine: Engine, now: datetime) -> list[str]:
    """Create the partitions of today and the next two weeks; returns the new names.

    Raises:
        OperationalError: a table was in use for longer than writers should wait.
    """
    if engine.dialect.name != "postgresql":
        return []
    with reading(engine) as connection:
        existing = set(inspect(connection).get_table_names())
    created = []
    for divided in PARTITIONED:
        starts_at = divided.start(now)
        while starts_at <= now + CREATE_AHEAD:
            if divided.name(starts_at) not in existing and _created(engine, divided, starts_at):
                created.append(divided.name(starts_at))
            starts_at += divided.length
    return created


def _created(engine: Engine, divided: PartitionedTable, starts_at: datetime) -> bool:
    first, end = ((at - EPOCH) // divided.unit for at in (starts_at, starts_at + divided.length))
    try:
        with writing(engine) as connection:
            connection.execute(text(LOCK_TIMEOUT))
            connection.execute(
                text(
                    f"CREATE TABLE IF NOT EXISTS {divided.name(starts_at)} "
                    f"PARTITION OF {divided.table.name} FOR VALUES FROM ({first}) TO ({end})"
                )
            )
    except (IntegrityError, ProgrammingError) as error:
        # its rows are in the default already, or the role may not create tables
        log.debug("partitions.not_created", extra={"reason": failure_of(error)})
        return False
    return True


def drop_before(engine: Engine, table: Table, before: datetime, *, up_to: int | None = None) -> int:
    """Drop the partitions that end at or before an instant; returns how many rows they held.

    `up_to` leaves those that have a row with a greater `id`.
    """
    divided = next((one for one in PARTITIONED if one.table is table), None)
    if divided is None or engine.dialect.name != "postgresql":
        return 0
    with reading(engine) as connection:
        old = [name for name, ends_at in _dated(connection, divided) if ends_at <= before]
    return sum(_drop(engine, name, up_to) for name in old)


def _dated(connection: Connection, divided: PartitionedTable) -> Iterator[tuple[str, datetime]]:
    """Name and end of each partition that is named for a day."""
    named = re.compile(rf"{divided.table.name}_(\d{{8}})")
    for name in inspect(connection).get_table_names():
        if found := named.fullmatch(name):
            starts_at = datetime.strptime(found[1], "%Y%m%d").replace(tzinfo=UTC)
            yield name, starts_at + divided.length


def _drop(engine: Engine, name: str, up_to: int | None) -> int:
    try:
        with writing(engine) as connection:
            connection.execute(text(LOCK_TIMEOUT))
            if up_to is not None and _read_greatest_id(connection, name) > up_to:
                return 0
            rows = connection.execute(select(func.count()).select_from(text(name))).scalar_one()
            connection.execute(text(f"DROP TABLE {name}"))
    except (OperationalError, ProgrammingError) as error:
        log.warning(
            "partitions.not_dropped", extra={"partition": name, "reason": failure_of(error)}
        )
        return 0
    return rows


def _read_greatest_id(connection: Connection, name: str) -> int:
    greatest = select(func.max(literal_column("id", BigInteger))).select_from(text(name))
    return connection.execute(greatest).scalar() or 0


class PartitionMaker:
    """Creates partitions at the first call of each day; other calls cost one comparison.

    A table that is in use is retried after ten minutes.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._until = EPOCH

    def maintain(self, now: datetime) -> None:
        """Create the partitions of the next two weeks."""
        if now < self._until:
            return
        try:
            created = make_partitions(self._engine, now)
        except DBAPIError as error:
            if not is_passing(error):
                raise
            self._until = now + RETRY_AFTER
            log.warning("partitions.not_created", extra={"reason": failure_of(error)})
        else:
            self._until = EPOCH + ((now - EPOCH) // DAY + 1) * DAY
            if created:
                log.info("partitions.created", extra={"names": created})
