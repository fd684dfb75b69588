"""Land heartbeats by device and hour, when the hour is complete; again when late ones change it.

A row is landed when it has more heartbeats than its landed version. The number that is landed is
stored in the row, in the transaction that commits it to the lake: a heartbeat that is counted
meanwhile is landed by the next run.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pyarrow as pa
from sqlalchemy import Connection, Row, bindparam, select, tuple_, update

from cloud.database import EPOCH, reading
from cloud.database.columns import Instant
from cloud.database.heartbeats import (
    COUNTED,
    LEAST,
    MOST,
    UNKNOWN,
    device_hours,
    is_hour_landed,
)
from cloud.lake.lake import Lake
from cloud.lake.manifest import LakeConflictError, Snapshot
from cloud.lake.tables import DAY, TIMESTAMP, LakeColumn, LakeTable, Zone
from cloud.lake.writer import append

BATCH_ROWS: Final = 20_000
GRACE: Final = timedelta(minutes=10)
"""An hour is complete so long after its end: messages wait for the consumer meanwhile."""
HOUR: Final = timedelta(hours=1)
WORDS: Final = {
    "heartbeats": "heartbeats of the hour",
    "streaming": "of them, with a working camera",
    "paused": "of them, outside the operating schedule",
    "poor_connection": "of them, with a poor or unusable video connection",
    "uptime_ms": "time since the start of the agent; below an hour: it started in or before it",
    "frames_milli_hz": "frames a second of the camera, in thousandths",
    "disk_free_bytes": "free space of the disk",
    "outbox_reports": "reports that wait on the device",
    "outbox_bytes": "their bytes",
    "rss_bytes": "memory of the agent",
    "clock_error_ms": "difference of the device's clock from the cloud's",
    "temperature_milli_c": "temperature of the processor in thousandths of a degree",
}


def _extremes(prefix: str, names: Sequence[str], which: str) -> Iterator[LakeColumn]:
    for name in names:
        unknown = "; null: not reported" if name in UNKNOWN else ""
        words = f"{which}: {WORDS[name]}{unknown}"
        yield LakeColumn(f"{prefix}_{name}", pa.int64(), words, name in UNKNOWN)


DEVICE_HOUR_COLUMNS: Final = (
    LakeColumn("location", pa.string(), "location of the device"),
    LakeColumn("device", pa.string(), "device that sent the heartbeats"),
    LakeColumn("hour_at", TIMESTAMP, "start of the hour; its UTC date is the day"),
    LakeColumn("first_at", TIMESTAMP, "first heartbeat of the hour, by the device's clock"),
    LakeColumn("last_at", TIMESTAMP, "last heartbeat of the hour"),
    *(LakeColumn(name, pa.int64(), WORDS[name]) for name in COUNTED),
    *_extremes("least", LEAST, "least"),
    *_extremes("most", MOST, "greatest"),
    LakeColumn("agent_version", pa.string(), "version of the agent at the last heartbeat"),
)
LANDED_HOURS: Final = LakeTable(
    Zone.LANDING,
    "device_hours",
    DEVICE_HOUR_COLUMNS,
    sort_by=("location", "device", "hour_at", "heartbeats"),
)
KEY: Final = (device_hours.c.hour_at, device_hours.c.location, device_hours.c.device)


@dataclass(frozen=True, slots=True)
class DeviceHourRows:
    """The rows of `device_hours` that are complete and not landed as they are."""

    landed: LakeTable = LANDED_HOURS
    name: str = f"database.{device_hours.name}"
    batch_rows: int = BATCH_ROWS

    def land(self, lake: Lake, *, now: datetime) -> Iterator[Snapshot]:
        """Append them, one snapshot for each batch.

        Raises:
            LakeConflictError: another program lands them at the same time.
        """
        until = EPOCH + (now - GRACE - EPOCH) // HOUR * HOUR
        after: tuple[Any, ...] = (EPOCH, "", "")
        while True:
            with reading(lake.engine) as connection:
                rows = _read_batch(connection, after, until, self.batch_rows)
            if not rows:
                return
            snapshot = append(
                lake, LANDED_HOURS, _to_table(rows), now=now, meanwhile=_mark_landed(rows)
            )
            if snapshot is not None:
                yield snapshot
            after = (rows[-1].hour_at, rows[-1].location, rows[-1].device)


def _read_batch(
    connection: Connection, after: tuple[Any, ...], until: datetime, batch_rows: int
) -> Sequence[Row[Any]]:
    hour_at = device_hours.c.hour_at
    following = (hour_at >= after[0]) & (tuple_(*KEY) > after)
    query = select(device_hours).where(~is_hour_landed(), hour_at < until, following)
    return connection.execute(query.order_by(*KEY).limit(batch_rows)).all()


def _to_table(rows: Sequence[Row[Any]]) -> pa.Table:
    columns = {
        column.name: pa.array([row._mapping[column.name] for row in rows], column.type)
        for column in DEVICE_HOUR_COLUMNS
    }
    days = [row.hour_at.astimezone(UTC).date() for row in rows]
    return pa.table(columns | {DAY: pa.array(days, pa.date32())})


def _mark_landed(rows: Sequence[Row[Any]]) -> Callable[[Connection], None]:
    """Store the landed number of heartbeats, in the order in which ingest locks the rows."""
    marked = [
        {"at": row.hour_at, "where": row.location, "by": row.device,
         "before": row.landed_heartbeats, "landed": row.heartbeats}
        for row in sorted(rows, key=lambda row: (row.location, row.device, row.hour_at))
    ]  # fmt: skip

    def mark(connection: Connection) -> None:
        found = connection.execute(_MARK, marked).rowcount
        if found != len(marked):
            raise LakeConflictError(
                f"another program has taken over rows of {device_hours.name}: run it again"
            )

    return mark


_MARK: Final = (
    update(device_hours)
    .where(
        device_hours.c.location == bindparam("where"),
        device_hours.c.device == bindparam("by"),
        device_hours.c.hour_at == bindparam("at", type_=Instant),
        device_hours.c.landed_heartbeats == bindparam("before"),
    )
    .values(landed_heartbeats=bindparam("landed"))
)
DEVICE_HOUR_ROWS: Final = DeviceHourRows()
