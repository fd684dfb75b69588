"""The manifest: which files each snapshot of a table has. It decides; folders do not.

A snapshot is one transaction of the product's database. Files are published before it and listed
by it, so a crash leaves the earlier snapshot, and at worst a file that no snapshot lists. Rows of
other tables may be written in the same transaction: that is how rows are taken over exactly once.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Row,
    bindparam,
    func,
    or_,
    select,
    text,
    update,
)

from cloud.database import insert
from cloud.database.lake import lake_files, lake_positions, lake_snapshots

Bounds = Mapping[str, tuple[Any, Any]]

_CURRENT: Final = select(func.max(lake_snapshots.c.number)).where(
    lake_snapshots.c.table_name == bindparam("table_name")
)
_FILES: Final = (
    select(lake_files)
    .where(
        lake_files.c.table_name == bindparam("table_name"),
        lake_files.c.added_in <= bindparam("number"),
        or_(lake_files.c.removed_in.is_(None), lake_files.c.removed_in > bindparam("number")),
    )
    .order_by(lake_files.c.day, lake_files.c.id)
)
_FILES_OF_DAYS: Final = _FILES.where(lake_files.c.day.in_(bindparam("days", expanding=True)))
_ADD_SNAPSHOT: Final = lake_snapshots.insert()
_ADD_FILES: Final = lake_files.insert()
"""Written once: to build a statement takes as long as to execute it."""
COMMIT_LOCK: Final = 7_305_813
"""First key of PostgreSQL's advisory lock, the second is the table; arbitrary."""


class LakeConflictError(RuntimeError):
    """Another program has replaced files that this one has read: run it again."""


class UnknownSnapshotError(LookupError):
    """The table has no snapshot of this number."""


class Operation(StrEnum):
    """What a snapshot did."""

    APPEND = "append"
    REPLACE = "replace"  # rows of whole days are written anew
    COMPACT = "compact"  # the same rows in fewer files


@dataclass(frozen=True, slots=True)
class DataFile:
    """One immutable Parquet file; `bounds` are the least and greatest values by sort column."""

    path: str
    day: date
    rows: int
    size_bytes: int
    sha256: str
    schema_version: int
    bounds: Bounds = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One state of a table."""

    table_name: str
    number: int
    operation: Operation
    committed_at: datetime
    rows_added: int
    rows_removed: int


def commit(
    connection: Connection,
    table_name: str,
    operation: Operation,
    *,
    added: Sequence[DataFile] = (),
    removed: Sequence[DataFile] = (),
    now: datetime,
) -> Snapshot:
    """Add a snapshot within the caller's transaction; other writers of the table wait for its end.

    Raises:
        LakeConflictError: a file of `removed` is no longer in the table. Roll the transaction back.
    """
    _lock(connection, table_name)
    number = read_current(connection, table_name) + 1
    snapshot = Snapshot(
        table_name, number, operation, now, _count_rows(added), _count_rows(removed)
    )
    add_snapshot(connection, snapshot, added, [file.path for file in removed])
    return snapshot


def add_snapshot(
    connection: Connection, snapshot: Snapshot, added: Sequence[DataFile], removed: Sequence[str]
) -> None:
    """Add a snapshot with its number; `removed` are paths.

    Raises:
        LakeConflictError: a file of `removed` is not in the table. Roll the transaction back.
    """
    name, number = snapshot.table_name, snapshot.number
    connection.execute(_ADD_SNAPSHOT, asdict(snapshot))
    _remove(connection, name, removed, number)
    if added:
        connection.execute(
            _ADD_FILES,
            [_to_row(file) | {"table_name": name, "added_in": number} for file in added],
        )


def read_current(connection: Connection, table_name: str) -> int:
    """The number of the newest snapshot; 0 for a table without any."""
    return int(connection.execute(_CURRENT, {"table_name": table_name}).scalar() or 0)


def read_snapshots(connection: Connection, table_name: str) -> list[Snapshot]:
    """The snapshots of a table, oldest first."""
    table = lake_snapshots
    query = select(table).where(table.c.table_name == table_name).order_by(table.c.number)
    return [
        Snapshot(
            row.table_name,
            row.number,
            Operation(row.operation),
            row.committed_at,
            row.rows_added,
            row.rows_removed,
        )
        for row in connection.execute(query)
    ]


def read_files(
    connection: Connection,
    table_name: str,
    *,
    at: int | None = None,
    days: Collection[date] | None = None,
) -> list[DataFile]:
    """The files of a snapshot, by day and in the order in which they were added.

    Args:
        connection: a transaction on the manifest.
        table_name: `zone.table`.
        at: number of the snapshot; the newest without it. Snapshot 0 is empty.
        days: only files of these days.

    Raises:
        UnknownSnapshotError: the table has no such snapshot, or a file of it is deleted.
    """
    current = read_current(connection, table_name)
    number = current if at is None else at
    if not 0 <= number <= current:
        raise UnknownSnapshotError(
            f"{table_name} has no snapshot {number}: its newest is {current}"
        )
    values: dict[str, Any] = {"table_name": table_name, "number": number}
    if days is None:
        rows = connection.execute(_FILES, values).all()
    else:
        rows = connection.execute(_FILES_OF_DAYS, values | {"days": sorted(days)}).all()
    if any(row.deleted_at for row in rows):
        raise UnknownSnapshotError(
            f"snapshot {number} of {table_name} has expired: some of its files are deleted"
        )
    return [to_data_file(row) for row in rows]


def read_added_files(connection: Connection, table_name: str, number: int) -> list[DataFile]:
    """The files whose rows snapshot `number` added; none when it compacted.

    They can still be read after a compaction replaced them.

    Raises:
        UnknownSnapshotError: they are deleted.
    """
    operation = connection.execute(
        select(lake_snapshots.c.operation).where(
            lake_snapshots.c.table_name == table_name, lake_snapshots.c.number == number
        )
    ).scalar()
    if operation is None:
        raise UnknownSnapshotError(f"{table_name} has no snapshot {number}")
    if operation == Operation.COMPACT:
        return []
    query = select(lake_files).where(
        lake_files.c.table_name == table_name, lake_files.c.added_in == number
    )
    rows = connection.execute(query.order_by(lake_files.c.day, lake_files.c.id)).all()
    if any(row.deleted_at for row in rows):
        raise UnknownSnapshotError(
            f"snapshot {number} of {table_name} has expired: rows that it added are deleted"
        )
    return [to_data_file(row) for row in rows]


def read_changed_days(
    connection: Connection, table_name: str, *, after: int, until: int
) -> list[date]:
    """The days whose rows differ between two snapshots, in order; compaction changes none."""
    table = lake_files
    changes = select(lake_snapshots.c.number).where(
        lake_snapshots.c.table_name == table_name,
        lake_snapshots.c.number > after,
        lake_snapshots.c.number <= until,
        lake_snapshots.c.operation != Operation.COMPACT,
    )
    query = (
        select(table.c.day)
        .where(
            table.c.table_name == table_name,
            or_(table.c.added_in.in_(changes), table.c.removed_in.in_(changes)),
        )
        .distinct()
        .order_by(table.c.day)
    )
    return list(connection.execute(query).scalars())


def read_position(connection: Connection, table_name: str, source: str) -> int:
    """Up to where a table has taken over the rows of its source; 0 at the beginning."""
    table = lake_positions
    query = select(table.c.position).where(
        table.c.table_name == table_name, table.c.source == source
    )
    return int(connection.execute(query).scalar() or 0)


def write_position(
    connection: Connection, table_name: str, source: str, position: int, *, before: int
) -> None:
    """Move the position on, in the transaction that commits the rows.

    Raises:
        LakeConflictError: the position is no longer `before`: another program took over the rows.
    """
    _lock(connection, table_name)
    if read_position(connection, table_name, source) != before:
        raise LakeConflictError(
            f"another program has taken over rows of {source} into {table_name}: run it again"
        )
    statement = insert(connection.dialect.name, lake_positions).values(
        table_name=table_name, source=source, position=position
    )
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["table_name", "source"], set_={"position": position}
        )
    )


def _remove(connection: Connection, table_name: str, paths: Sequence[str], number: int) -> None:
    if not paths:
        return
    result = connection.execute(
        update(lake_files)
        .where(
            lake_files.c.table_name == table_name,
            lake_files.c.path.in_(paths),
            lake_files.c.removed_in.is_(None),
        )
        .values(removed_in=number)
    )
    if result.rowcount != len(paths):
        raise LakeConflictError(
            f"{len(paths) - result.rowcount} of {len(paths)} files of {table_name} were replaced "
            "by another program since they were read: run it again"
        )


def _lock(connection: Connection, table_name: str) -> None:
    if connection.dialect.name == "postgresql":  # SQLite has a single writer
        statement = text("SELECT pg_advisory_xact_lock(:key, hashtext(:name))")
        connection.execute(statement, {"key": COMMIT_LOCK, "name": table_name})


def _count_rows(files: Sequence[DataFile]) -> int:
    return sum(file.rows for file in files)


def _to_row(file: DataFile) -> dict[str, Any]:
    return {
        "path": file.path,
        "day": file.day,
        "rows": file.rows,
        "size_bytes": file.size_bytes,
        "sha256": file.sha256,
        "schema_version": file.schema_version,
        "bounds": json.dumps({name: list(pair) for name, pair in file.bounds.items()}),
    }


def to_data_file(row: Row[Any]) -> DataFile:
    """The file that a row of `lake_files` lists."""
    bounds = {name: (least, greatest) for name, (least, greatest) in json.loads(row.bounds).items()}
    return DataFile(
        row.path, row.day, row.rows, row.size_bytes, row.sha256, row.schema_version, bounds
    )
