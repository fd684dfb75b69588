"""Records of snapshots in the lake itself, one small JSON file for each snapshot.

The manifest decides; a record is a copy of what it says. When the database is restored from an
older copy, the records tell which snapshots it has lost, so that their files are not taken for
those of failed commits. A record is written after the commit. One that is missing, because the
program ended in between, is written by the next commit of its table: records have no gaps.
"""

import json
import logging
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime
from typing import Any, Final

import msgspec
from sqlalchemy import BindParameter, Connection, Row, bindparam, or_, select

from cloud.database import reading
from cloud.database.lake import lake_files, lake_positions, lake_skipped_files, lake_snapshots
from cloud.lake.lake import Lake
from cloud.lake.manifest import DataFile, Operation, Snapshot, read_current
from cloud.lake.storage import RECORDS, RETIRED, Storage, StorageError
from cloud.lake.tables import Zone

log: Final = logging.getLogger(__name__)
_NAME: Final[BindParameter[str]] = bindparam("table_name")
_NUMBER: Final[BindParameter[int]] = bindparam("number")
_NEWEST: Final = (
    select(lake_snapshots)
    .where(lake_snapshots.c.table_name == _NAME)
    .order_by(lake_snapshots.c.number.desc())
    .limit(1)
)
_NUMBERED: Final = select(lake_snapshots).where(
    lake_snapshots.c.table_name == _NAME, lake_snapshots.c.number == _NUMBER
)
_CHANGED_FILES: Final = (
    select(lake_files)
    .where(
        lake_files.c.table_name == _NAME,
        or_(lake_files.c.added_in == _NUMBER, lake_files.c.removed_in == _NUMBER),
    )
    .order_by(lake_files.c.id)
)
_POSITIONS: Final = select(lake_positions).order_by(
    lake_positions.c.table_name, lake_positions.c.source
)
_SKIPPED: Final = (
    select(lake_skipped_files, lake_files.c.path)
    .where(lake_files.c.id == lake_skipped_files.c.file_id)
    .order_by(lake_skipped_files.c.table_name, lake_skipped_files.c.file_id)
)
"""Written once: to build a statement takes as long as to execute it."""


class FileRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file that the snapshot added, as the manifest lists it."""

    path: str
    day: date
    rows: int
    size_bytes: int
    sha256: str
    schema_version: int
    bounds: dict[str, list[Any]]

    def to_data_file(self) -> DataFile:
        """As the manifest has it."""
        bounds = {name: (least, greatest) for name, (least, greatest) in self.bounds.items()}
        return DataFile(
            self.path, self.day, self.rows, self.size_bytes, self.sha256, self.schema_version,
            bounds,
        )  # fmt: skip


class PositionRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up to where a table has taken over the rows of its source."""

    table_name: str
    source: str
    position: int


class SkippedRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file that a promotion has left out."""

    table_name: str
    path: str
    reason: str
    skipped_at: datetime


class SnapshotRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One snapshot, with the positions and skipped files of the lake when it was written."""

    table_name: str
    number: int
    operation: Operation
    committed_at: datetime
    rows_added: int
    rows_removed: int
    added: tuple[FileRecord, ...]
    removed: tuple[str, ...]
    positions: tuple[PositionRecord, ...]
    skipped: tuple[SkippedRecord, ...]

    @property
    def snapshot(self) -> Snapshot:
        """As the manifest has it."""
        return Snapshot(
            self.table_name, self.number, self.operation, self.committed_at, self.rows_added,
            self.rows_removed,
        )  # fmt: skip


def record_path(table_name: str, number: int) -> str:
    """Where the record of a snapshot is."""
    zone, _, name = table_name.partition(".")
    return f"{RECORDS}/{zone}/{name}/{number:012}.json"


def write_records(lake: Lake, table_names: Iterable[str]) -> None:
    """Write the records of the newest snapshots of these tables that have none yet.

    The snapshots are committed: storage that fails now is logged, and the next commit tries again.
    """
    try:
        for path, content in _list_missing(lake, sorted(set(table_names))):
            lake.storage.write(path, content)
    except OSError as error:
        log.warning("lake.record_not_written", extra={"error": type(error).__name__})


def read_newer_records(lake: Lake, table_name: str) -> Iterator[SnapshotRecord]:
    """The records of snapshots that the manifest does not have, oldest first.

    Raises:
        StorageError: a record cannot be read.
    """
    with reading(lake.engine) as connection:
        number = read_current(connection, table_name) + 1
    while lake.storage.exists(path := record_path(table_name, number)):
        with lake.storage.open(path) as file:
            content = file.read()
        try:
            yield msgspec.json.decode(content, type=SnapshotRecord)
        except (msgspec.MsgspecError, ValueError) as error:
            raise StorageError(f"{path} is not a record of a snapshot: {error}") from error
        number += 1


def has_newer_records(lake: Lake, table_name: str) -> bool:
    """Whether the lake has a snapshot of the table that the manifest does not have."""
    with reading(lake.engine) as connection:
        number = read_current(connection, table_name) + 1
    return lake.storage.exists(record_path(table_name, number))


def list_recorded_tables(lake: Lake) -> list[str]:
    """The tables of which the lake has records, by name."""
    return sorted(
        f"{zone}.{name}" for zone in Zone for name in lake.storage.list_folders(f"{RECORDS}/{zone}")
    )


def _list_missing(lake: Lake, table_names: Collection[str]) -> list[tuple[str, bytes]]:
    with reading(lake.engine) as connection:
        snapshots = [
            snapshot
            for name in table_names
            for snapshot in _list_unrecorded(connection, lake.storage, name)
        ]
        if not snapshots:
            return []
        positions, skipped = _list_positions(connection), _list_skipped(connection)
        return [
            (
                record_path(snapshot.table_name, snapshot.number),
                msgspec.json.encode(_describe(connection, snapshot, positions, skipped)),
            )
            for snapshot in snapshots
        ]


def _list_unrecorded(connection: Connection, storage: Storage, table_name: str) -> list[Row[Any]]:
    """The newest snapshots without a record, oldest first."""
    found: list[Row[Any]] = []
    row = connection.execute(_NEWEST, {"table_name": table_name}).first()
    while row is not None and not storage.exists(record_path(table_name, row.number)):
        found.append(row)
        before = {"table_name": table_name, "number": row.number - 1}
        is_recorded = storage.exists(record_path(**before))
        row = None if is_recorded else connection.execute(_NUMBERED, before).first()
    return found[::-1]


def _describe(
    connection: Connection,
    snapshot: Row[Any],
    positions: tuple[PositionRecord, ...],
    skipped: tuple[SkippedRecord, ...],
) -> SnapshotRecord:
    table_name, number = snapshot.table_name, snapshot.number
    changed = connection.execute(_CHANGED_FILES, {"table_name": table_name, "number": number}).all()
    added = tuple(
        FileRecord(_published(row.path), row.day, row.rows, row.size_bytes, row.sha256,
                   row.schema_version, json.loads(row.bounds))
        for row in changed
        if row.added_in == number
    )  # fmt: skip
    removed = tuple(_published(row.path) for row in changed if row.removed_in == number)
    return SnapshotRecord(
        table_name, number, Operation(snapshot.operation), snapshot.committed_at,
        snapshot.rows_added, snapshot.rows_removed, added, removed, positions, skipped,
    )  # fmt: skip


def _list_positions(connection: Connection) -> tuple[PositionRecord, ...]:
    return tuple(
        PositionRecord(row.table_name, row.source, row.position)
        for row in connection.execute(_POSITIONS)
    )


def _list_skipped(connection: Connection) -> tuple[SkippedRecord, ...]:
    return tuple(
        SkippedRecord(row.table_name, _published(row.path), row.reason, row.skipped_at)
        for row in connection.execute(_SKIPPED)
    )


def _published(path: str) -> str:
    """The path before the file was retired."""
    return path.removeprefix(f"{RETIRED}/")
