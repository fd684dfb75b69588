"""Land committed rows of a database table: each row once, in the order of their numbers.

Rows are landed as they are when they are read, so such a table must only be inserted into. A table
whose rows change has another one with a row for each change, and that one is landed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import pyarrow as pa
from sqlalchemy import Connection, Row, Table, func, select, text

from cloud.database import reading, writing
from cloud.lake.lake import Lake
from cloud.lake.manifest import Snapshot, read_position, write_position
from cloud.lake.tables import DAY, LakeTable
from cloud.lake.writer import append

BATCH_ROWS: Final = 20_000
"""Rows in memory at a time: audience reports, the longest, have some 1.5 kB each."""
LOCK_TIMEOUT: Final = "SET LOCAL lock_timeout = '30s'"
"""Longer than any transaction of the product."""


def wait_for_writers(connection: Connection, table: Table) -> None:
    """Wait for all transactions that have inserted, and block new ones until this one ends.

    A transaction has its lock before it takes a number: when all have ended, no number below the
    greatest can still be committed. It gives up after a while, because writers wait behind it.

    Raises:
        OperationalError: a transaction that has inserted did not end in time; try again later.
    """
    if connection.dialect.name == "postgresql":  # SQLite has a single writer
        connection.execute(text(LOCK_TIMEOUT))
        connection.execute(text(f"LOCK TABLE {table.name} IN SHARE MODE"))


@dataclass(frozen=True, slots=True)
class TableRows:
    """A database table with the increasing number `id`, and the landing table of its rows.

    Columns have the same names in both. `dated_by` has the instant whose UTC date is the day;
    `convert` has functions for values that the lake stores in another type.
    """

    table: Table
    landed: LakeTable
    dated_by: str
    convert: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    wait: Callable[[Connection, Table], None] = wait_for_writers
    batch_rows: int = BATCH_ROWS

    @property
    def name(self) -> str:
        """As positions and the lineage name it."""
        return f"database.{self.table.name}"

    def land(self, lake: Lake, *, now: datetime) -> Iterator[Snapshot]:
        """See `land_rows`."""
        return land_rows(lake, self, now=now)


def land_rows(lake: Lake, source: TableRows, *, now: datetime) -> Iterator[Snapshot]:
    """Append all rows that were committed since the last run, one snapshot for each batch.

    The rows and the position are one transaction, so a run that is interrupted goes on where it
    stopped.

    Raises:
        LakeConflictError: another program lands the table at the same time.
    """
    target = source.landed.full_name
    until = _read_last_committed(lake, source)
    with reading(lake.engine) as connection:
        position = read_position(connection, target, source.name)
    while position < until:
        with reading(lake.engine) as connection:
            rows = _read_batch(connection, source, position, until)
        reached = rows[-1].id if rows else until
        snapshot = append(
            lake, source.landed, _to_table(source, rows), now=now,
            meanwhile=_move_position(source, position, reached),
        )  # fmt: skip
        position = reached
        if snapshot is not None:
            yield snapshot


def _read_last_committed(lake: Lake, source: TableRows) -> int:
    """The greatest number below which no row can still be committed."""
    with writing(lake.engine) as connection:
        source.wait(connection, source.table)
        return int(connection.execute(select(func.max(source.table.c.id))).scalar() or 0)


def _read_batch(
    connection: Connection, source: TableRows, after: int, until: int
) -> Sequence[Row[Any]]:
    columns = source.table.c
    query = select(*(columns[name] for name in source.landed.schema.names))
    condition = (columns.id > after, columns.id <= until)
    return connection.execute(
        query.where(*condition).order_by(columns.id).limit(source.batch_rows)
    ).all()


def _to_table(source: TableRows, rows: Sequence[Row[Any]]) -> pa.Table:
    """The rows, whose values are in the order of the landed columns, with their day."""
    listed: Sequence[Sequence[Any]] = list(zip(*rows, strict=True))
    if not rows:
        listed = [()] * len(source.landed.columns)
    columns = {}
    for column, values in zip(source.landed.columns, listed, strict=True):
        if convert := source.convert.get(column.name):
            values = [None if value is None else convert(value) for value in values]
        columns[column.name] = pa.array(values, column.type)
    dated = listed[source.landed.schema.names.index(source.dated_by)]
    days = [at.astimezone(UTC).date() for at in dated]
    return pa.table(columns | {DAY: pa.array(days, pa.date32())})


def _move_position(source: TableRows, before: int, position: int) -> Callable[[Connection], None]:
    def move(connection: Connection) -> None:
        write_position(connection, source.landed.full_name, source.name, position, before=before)

    return move
