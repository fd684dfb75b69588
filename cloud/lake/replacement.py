"""Replace a day of several tables in one transaction; a table whose rows are the same is left."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection

from cloud.database import reading, writing
from cloud.lake.lake import Lake
from cloud.lake.manifest import (
    DataFile,
    LakeConflictError,
    Operation,
    Snapshot,
    commit,
    read_files,
)
from cloud.lake.records import write_records
from cloud.lake.storage import Storage
from cloud.lake.tables import LakeTable
from cloud.lake.verification import find_faults
from cloud.lake.writer import StagedFile, publish_staged, stage_parts


@dataclass(frozen=True, slots=True)
class DayRows:
    """All rows of one day of a table, without `day`, sorted; none removes the day."""

    table: LakeTable
    batches: Iterable[pa.RecordBatch]


DayFiles = Mapping[str, Sequence[DataFile]]
"""The files of one day by table."""


def read_day_files(lake: Lake, tables: Collection[LakeTable], day: date) -> DayFiles:
    """The files to be replaced. Read them before the source, so that a conflict is noticed."""
    with reading(lake.engine) as connection:
        return {
            table.full_name: read_files(connection, table.full_name, days=[day]) for table in tables
        }


def replace_day(
    lake: Lake,
    day: date,
    parts: Iterable[DayRows],
    *,
    before: DayFiles,
    now: datetime,
    meanwhile: Callable[[Connection], None] = lambda _: None,
) -> list[Snapshot]:
    """Replace the day's files in `before` by the rows, in one transaction over all tables.

    Each part is written to a staged file when it is taken, so that `parts` can compute the next one
    meanwhile. No file is published before all are written: parts that raise leave none behind.
    The same rows give the same bytes: a table that has them already gets no snapshot, so that
    nothing computed from it has to be computed again. Its file is written again when it is damaged.
    `meanwhile` is called in the transaction in any case, before the rows.

    Raises:
        LakeConflictError: the day has other files than `before`, or `meanwhile` raises it.
            Nothing is committed.
    """
    changes: list[dict[str, Any]] = []
    with ExitStack() as stack:
        staged = {
            part.table: stack.enter_context(stage_parts(lake.storage, part.table, part.batches))
            for part in parts
        }
        for table, files in sorted(staged.items(), key=lambda one: one[0].full_name):
            present = before[table.full_name]
            wanted = _publish(lake.storage, table, day, files, present)
            if wanted != list(present):
                changes.append({"table": table, "wanted": wanted, "present": present})
    with writing(lake.engine) as connection:
        meanwhile(connection)
        snapshots = [_commit(connection, day, now=now, **change) for change in changes]
    write_records(lake, [one.table_name for one in snapshots])
    return snapshots


def _publish(
    storage: Storage,
    table: LakeTable,
    day: date,
    staged: Sequence[StagedFile],
    present: Sequence[DataFile],
) -> list[DataFile]:
    """The files of the day: those present that have the same bytes, and new ones."""
    by_digest = {file.sha256: file for file in present}
    wanted = []
    for one in staged:
        if not one.rows:
            continue
        file = by_digest.get(one.sha256)
        if file is None:
            wanted.append(publish_staged(storage, table, day, one))
        else:
            _restore(storage, file, one)
            wanted.append(file)
    return sorted(wanted, key=lambda file: _place(present, file))


def _place(present: Sequence[DataFile], file: DataFile) -> int:
    """Where the file is among those present, new files last."""
    return present.index(file) if file in present else len(present)


def _restore(storage: Storage, file: DataFile, staged: StagedFile) -> None:
    """Publish the same bytes again when the file is damaged."""
    if any(find_faults(storage, file.path, file.size_bytes, file.sha256)):
        storage.publish(staged.path, file.path)


def _commit(
    connection: Connection,
    day: date,
    *,
    table: LakeTable,
    wanted: Sequence[DataFile],
    present: Sequence[DataFile],
    now: datetime,
) -> Snapshot:
    snapshot = commit(
        connection, table.full_name, Operation.REPLACE,
        added=[file for file in wanted if file not in present],
        removed=[file for file in present if file not in wanted],
        now=now,
    )  # fmt: skip
    found = {file.path for file in read_files(connection, table.full_name, days=[day])}
    if found != {file.path for file in wanted}:
        raise LakeConflictError(
            f"another program has added files to {table.full_name} on {day} since they were read: "
            "run it again"
        )
    return snapshot
