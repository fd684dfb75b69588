"""Write rows as Parquet files by day, and commit them as a snapshot.

Files of a commit that fails stay where they are: the outcome of a broken connection is unknown.
`lifecycle.delete_unlisted` deletes those that no snapshot lists.
"""

import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Connection

from cloud.database import writing
from cloud.lake.lake import Lake
from cloud.lake.manifest import DataFile, Operation, Snapshot, commit
from cloud.lake.storage import Storage, hash_stream
from cloud.lake.tables import DAY, LakeTable

ROW_GROUP_ROWS: Final = 131_072
"""Large enough to compress well, small enough that one location of a day reads a part of it."""
COMPRESSION: Final = "zstd"


def append(
    lake: Lake,
    table: LakeTable,
    rows: pa.Table,
    *,
    now: datetime,
    meanwhile: Callable[[Connection], None] = lambda _: None,
) -> Snapshot | None:
    """Add rows to one table; see `append_all`."""
    return next(iter(append_all(lake, [(table, rows)], now=now, meanwhile=meanwhile)), None)


def append_all(
    lake: Lake,
    parts: Sequence[tuple[LakeTable, pa.Table]],
    *,
    now: datetime,
    meanwhile: Callable[[Connection], None] = lambda _: None,
) -> list[Snapshot]:
    """Add rows to several tables in one transaction, as one snapshot of each.

    Args:
        lake: where.
        parts: for each table its columns and `day`, the UTC date that each row belongs to.
        now: the time of the commit.
        meanwhile: called in the same transaction, before the rows.

    Returns:
        The snapshots; a table without rows gets none. `meanwhile` is called in any case.

    Raises:
        SchemaMismatchError: the rows are not those of their table. Nothing is committed.
        LakeConflictError: raised by `meanwhile`. Nothing is committed.
    """
    written = [(table, list(write_days(lake.storage, table, rows))) for table, rows in parts]
    with writing(lake.engine) as connection:
        meanwhile(connection)
        return [
            commit(connection, table.full_name, Operation.APPEND, added=files, now=now)
            for table, files in sorted(written, key=lambda one: one[0].full_name)
            if files
        ]


def write_days(storage: Storage, table: LakeTable, rows: pa.Table) -> Iterator[DataFile]:
    """Publish one file for each day of the rows; `rows` have the column `day`."""
    days = rows.column(DAY)
    conformed = table.conform(rows.drop_columns([DAY]))
    for day in sorted(pc.unique(days).to_pylist()):
        yield write_file(storage, table, day, conformed.filter(pc.equal(days, pa.scalar(day))))


def write_file(storage: Storage, table: LakeTable, day: date, rows: pa.Table) -> DataFile:
    """Publish rows of one day, sorted, as one file."""
    ordered = rows.sort_by([(name, "ascending") for name in table.sort_by])
    staged = storage.stage()
    try:
        pq.write_table(
            ordered, staged, compression=COMPRESSION, row_group_size=ROW_GROUP_ROWS, version="2.6"
        )
        return publish_file(storage, table, day, staged, ordered)
    except BaseException:
        staged.unlink(missing_ok=True)
        raise


def publish_file(
    storage: Storage, table: LakeTable, day: date, staged: Path, rows: pa.Table
) -> DataFile:
    """Move a staged file to its path, and describe it for the manifest."""
    file = DataFile(
        path=f"{table.zone}/{table.name}/{DAY}={day.isoformat()}/{uuid.uuid4().hex}.parquet",
        day=day,
        rows=len(rows),
        size_bytes=staged.stat().st_size,
        sha256=hash_stream(staged.open("rb")),
        schema_version=table.schema_version,
        bounds={name: _bounds(rows.column(name)) for name in table.sort_by},
    )
    storage.publish(staged, file.path)
    return file


def _bounds(values: pa.ChunkedArray) -> tuple[Any, Any]:
    found = pc.min_max(values)
    return _plain(found["min"].as_py()), _plain(found["max"].as_py())


def _plain(value: Any) -> Any:
    """As JSON takes it."""
    return value.isoformat() if isinstance(value, date) else value
