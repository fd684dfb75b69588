"""Land committed audience reports: each row of the database once, with the report as received."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import pyarrow as pa
from sqlalchemy import Connection, Row, func, select

from cloud.database import reading, reports, writing
from cloud.database.rollups import lock_for_moving
from cloud.lake.lake import Lake
from cloud.lake.manifest import Snapshot, read_position, write_position
from cloud.lake.tables import DAY, TIMESTAMP, LakeColumn, LakeTable, Zone
from cloud.lake.writer import append

BATCH_ROWS: Final = 20_000
"""Reports in memory at a time: some 1.5 kB each."""
SOURCE: Final = "database.reports"

LANDED_REPORTS: Final = LakeTable(
    Zone.LANDING,
    "audience_reports",
    (
        LakeColumn("id", pa.int64(), "number of the row in the database"),
        LakeColumn("device", pa.string(), "device that sent the report"),
        LakeColumn("stream_id", pa.string(), "report stream of the device"),
        LakeColumn("first_sequence", pa.int64(), "first sequence number that it covers"),
        LakeColumn("last_sequence", pa.int64(), "last sequence number that it covers"),
        LakeColumn("location", pa.string(), "location of the device"),
        LakeColumn("starts_at", TIMESTAMP, "start of its interval; its UTC date is the day"),
        LakeColumn("received_at", TIMESTAMP, "when it was committed"),
        LakeColumn("body", pa.string(), "the report as JSON"),
    ),
    sort_by=("location", "device", "starts_at"),
)


def land_reports(lake: Lake, *, now: datetime, batch_rows: int = BATCH_ROWS) -> Iterator[Snapshot]:
    """Append all reports that were committed since the last run, one snapshot for each batch.

    The rows and the position are one transaction, so a run that is interrupted goes on where it
    stopped.

    Raises:
        LakeConflictError: another program lands reports at the same time.
    """
    until = _read_last_committed(lake)
    with reading(lake.engine) as connection:
        position = read_position(connection, LANDED_REPORTS.full_name, SOURCE)
    while position < until:
        with reading(lake.engine) as connection:
            rows = _read_batch(connection, position, until, batch_rows)
        reached = rows[-1].id if rows else until
        snapshot = append(
            lake, LANDED_REPORTS, _to_table(rows), now=now,
            meanwhile=_move_position(position, reached),
        )  # fmt: skip
        position = reached
        if snapshot is not None:
            yield snapshot


def _read_last_committed(lake: Lake) -> int:
    """The greatest id up to which no transaction can still commit a report."""
    with writing(lake.engine) as connection:
        lock_for_moving(connection)  # waits for all transactions that write reports
        return int(connection.execute(select(func.max(reports.c.id))).scalar() or 0)


def _read_batch(
    connection: Connection, after: int, until: int, batch_rows: int
) -> Sequence[Row[Any]]:
    query = select(*(reports.c[name] for name in LANDED_REPORTS.schema.names))
    condition = (reports.c.id > after, reports.c.id <= until)
    return connection.execute(
        query.where(*condition).order_by(reports.c.id).limit(batch_rows)
    ).all()


def _to_table(rows: Sequence[Row[Any]]) -> pa.Table:
    columns = {
        column.name: pa.array([row._mapping[column.name] for row in rows], column.type)
        for column in LANDED_REPORTS.columns
    }
    days = [row.starts_at.astimezone(UTC).date() for row in rows]
    return pa.table(columns | {DAY: pa.array(days, pa.date32())})


def _move_position(before: int, position: int) -> Callable[[Connection], None]:
    def move(connection: Connection) -> None:
        write_position(connection, LANDED_REPORTS.full_name, SOURCE, position, before=before)

    return move
