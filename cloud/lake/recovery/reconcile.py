"""Reconcile the database with a lake that is newer, after it was restored from an older copy.

Adoption adds the snapshots that only the lake has, from their records, with the positions and the
skipped files of that time. Discarding deletes the records: the next `lake expire` then deletes the
files as those of failed commits. Positions in tables of the database move only as far as its rows
are those that were landed: rows that were received after the restoration are landed later.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.dataset as ds
from sqlalchemy import Connection, String, Table, delete, select

from cloud.auth.audit import record_change
from cloud.database import metadata, writing
from cloud.database.lake import lake_files, lake_skipped_files
from cloud.lake.lake import Lake
from cloud.lake.manifest import (
    LakeConflictError,
    add_snapshot,
    read_current,
    read_files,
    read_position,
    to_data_file,
    write_position,
)
from cloud.lake.reader import to_dataset
from cloud.lake.records import SkippedRecord, SnapshotRecord, read_newer_records, record_path
from cloud.lake.registry import all_tables, tables_by_name
from cloud.lake.skipped import record_skipped
from cloud.lake.storage import RETIRED
from cloud.lake.tables import TIMESTAMP, LakeColumn, LakeTable

ADOPTED: Final = "lake.snapshots_adopted"
DISCARDED: Final = "lake.snapshots_discarded"
DATABASE: Final = "database."
ID: Final = "id"
BATCH_ROWS: Final = 20_000
"""Rows of the database in memory at a time."""


@dataclass(frozen=True, slots=True)
class NewerTable:
    """A table of which the lake has snapshots that the database does not have."""

    table_name: str
    current: int
    records: tuple[SnapshotRecord, ...]

    @property
    def rows_added(self) -> int:
        """Rows that these snapshots added."""
        return sum(one.rows_added for one in self.records)

    def describe(self) -> dict[str, Any]:
        """As the audit log has it."""
        return {
            "first": self.records[0].number, "last": self.records[-1].number,
            "files": sum(len(one.added) for one in self.records), "rows_added": self.rows_added,
        }  # fmt: skip


def find_newer_tables(lake: Lake) -> list[NewerTable]:
    """The tables of which the lake is newer than the database."""
    found = []
    for table in all_tables():
        records = tuple(read_newer_records(lake, table.full_name))
        if records:
            found.append(NewerTable(table.full_name, records[0].number - 1, records))
    return found


def adopt(lake: Lake, tables: Sequence[NewerTable], *, actor: str, now: datetime) -> None:
    """Add these snapshots to the manifest, in one transaction with an entry of the audit log.

    Raises:
        LakeConflictError: another program has committed meanwhile. Nothing is changed.
    """
    newer = sorted(tables, key=lambda one: one.table_name)
    records = [record for one in newer for record in one.records]
    with writing(lake.engine) as connection:
        for one in newer:
            _adopt_snapshots(connection, one)
        for (table_name, source), position in _find_positions(records).items():
            _adopt_position(connection, lake, table_name, source, position)
        _adopt_skipped(connection, max(records, key=_recency).skipped)
        record_change(
            connection, at=now, actor=actor, action=ADOPTED, about="lake",
            details={one.table_name: one.describe() for one in newer},
        )  # fmt: skip


def discard(
    lake: Lake, tables: Sequence[NewerTable], *, reason: str, actor: str, now: datetime
) -> None:
    """Give these snapshots up: their records are deleted, after an entry of the audit log."""
    details = {one.table_name: one.describe() for one in tables}
    with writing(lake.engine) as connection:
        record_change(
            connection, at=now, actor=actor, action=DISCARDED, about="lake",
            details=details | {"reason": reason},
        )  # fmt: skip
    for one in tables:
        for record in reversed(one.records):  # a run that is interrupted leaves no gap
            lake.storage.delete(record_path(one.table_name, record.number))


def _recency(record: SnapshotRecord) -> tuple[datetime, int]:
    return record.committed_at, sum(one.position for one in record.positions)


def _adopt_snapshots(connection: Connection, one: NewerTable) -> None:
    if read_current(connection, one.table_name) != one.current:
        raise LakeConflictError(
            f"another program has added a snapshot to {one.table_name}: run it again"
        )
    for record in one.records:
        added = [file.to_data_file() for file in record.added]
        add_snapshot(connection, record.snapshot, added, record.removed)


def _find_positions(records: Sequence[SnapshotRecord]) -> dict[tuple[str, str], int]:
    """The newest positions between tables of the lake, and in tables of the database.

    The copies of the marts in the database are as old as the database.
    """
    found: dict[tuple[str, str], int] = {}
    known = tables_by_name()
    for one in (position for record in records for position in record.positions):
        is_known = one.table_name in known
        if is_known and (one.source in known or one.source.startswith(DATABASE)):
            key = one.table_name, one.source
            found[key] = max(found.get(key, 0), one.position)
    return found


def _adopt_position(
    connection: Connection, lake: Lake, table_name: str, source: str, position: int
) -> None:
    before = read_position(connection, table_name, source)
    if source.startswith(DATABASE):
        source_table = metadata.tables[source.removeprefix(DATABASE)]
        position = _find_landed(
            connection, lake, tables_by_name()[table_name], source_table, before
        )
    if position > before:
        write_position(connection, table_name, source, position, before=before)


def _find_landed(
    connection: Connection, lake: Lake, landed: LakeTable, source: Table, after: int
) -> int:
    """The last row of the database table up to which every row has been landed as it is."""
    files = read_files(connection, landed.full_name)
    rows = to_dataset(lake.storage, landed, files)
    names = [ID, *(one.name for one in landed.columns if _is_compared(one, source))]
    query = select(*(source.c[name] for name in names)).order_by(source.c[ID]).limit(BATCH_ROWS)
    while batch := connection.execute(query.where(source.c[ID] > after)).all():
        of_batch = (ds.field(ID) > after) & (ds.field(ID) <= batch[-1][0])
        found = rows.to_table(columns=names, filter=of_batch).to_pylist()
        known = {tuple(row[name] for name in names) for row in found}
        for row in batch:
            if tuple(row) not in known:
                return after
            after = row[0]
    return after


def _is_compared(column: LakeColumn, source: Table) -> bool:
    """Texts and instants: the lake may store a number in another type."""
    kind = source.c[column.name].type
    return (column.type == pa.string() and isinstance(kind, String)) or column.type == TIMESTAMP


def _adopt_skipped(connection: Connection, skipped: Sequence[SkippedRecord]) -> None:
    """Replace the skipped files: those of the older copy may have been promoted."""
    connection.execute(delete(lake_skipped_files))
    for one in skipped:
        paths = [one.path, f"{RETIRED}/{one.path}"]
        row = connection.execute(select(lake_files).where(lake_files.c.path.in_(paths))).one()
        reasons = [(to_data_file(row), one.reason)]
        record_skipped(connection, one.table_name, reasons, one.skipped_at)
