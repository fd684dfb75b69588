"""Retire files that no current snapshot has, and delete them later.

A removed file is moved to `_retired/`, so that a program that reads the whole folder does not count
its rows twice; earlier snapshots are read from there until it is deleted. A file is deleted when
the snapshot that removed it is older than the retention period, its rows are promoted, and no legal
hold covers its day.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, or_, select, update

from cloud.database import reading, writing
from cloud.database.lake import (
    lake_files,
    lake_holds,
    lake_positions,
    lake_skipped_files,
    lake_snapshots,
)
from cloud.lake.file_lists import write_lists
from cloud.lake.lake import Lake
from cloud.lake.manifest import Operation, Snapshot, commit, read_files
from cloud.lake.ownership import is_lake_file, require_own_files
from cloud.lake.records import write_records
from cloud.lake.storage import RETIRED
from cloud.lake.tables import LakeTable, Zone

TIME_TRAVEL: Final = timedelta(days=14)
"""How long snapshots can be read: two weeks of nightly runs can be compared and repeated."""
GRACE: Final = timedelta(hours=1)
"""Queries that began before a file was removed read it until then; the longest take minutes."""
UNLISTED_AGE: Final = timedelta(days=1)
"""A file that no snapshot lists may belong to a commit that is about to happen until then."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold: files of these days are not deleted until it is released."""

    id: int
    table_name: str
    first_on: date
    last_on: date
    reason: str
    author: str
    placed_at: datetime


def retire(lake: Lake, *, now: datetime, grace: timedelta = GRACE) -> int:
    """Move files removed before the grace period to `_retired/`; returns how many.

    Lists for Athena are renewed first, so that they name no file that moves. A run that is
    interrupted is completed by the next one. A file that is missing keeps its path.
    """
    with reading(lake.engine) as connection:
        removed = _removed_before(now - grace)
        rows = _select(connection, removed, lake_files.c.retired_at.is_(None))
    for name in sorted({row.table_name for row in rows}):
        write_lists(lake, name)
    for row in rows:
        path = f"{RETIRED}/{row.path}"
        if lake.storage.exists(row.path) or lake.storage.exists(path):
            lake.storage.move(row.path, path)
        else:
            path = row.path
        _update(lake, row, path=path, retired_at=now)
    return len(rows)


def drop_days(lake: Lake, table: LakeTable, *, before: date, now: datetime) -> Snapshot | None:
    """Remove the days before a date from the table, unless a hold covers them."""
    with writing(lake.engine) as connection:
        held = _held_days(connection, table.full_name)
        files = [
            file
            for file in read_files(connection, table.full_name)
            if file.day < before and not held.covers(file.day)
        ]
        if not files:
            return None
        snapshot = commit(connection, table.full_name, Operation.REPLACE, removed=files, now=now)
    write_records(lake, [table.full_name])
    return snapshot


def delete_expired(lake: Lake, *, now: datetime, time_travel: timedelta = TIME_TRAVEL) -> int:
    """Delete retired files whose last snapshot has expired; returns how many.

    A file is marked first and deleted afterwards: of a run that is interrupted in between an
    unlisted file remains, which `delete_unlisted` deletes.
    """
    with reading(lake.engine) as connection:
        rows = _select(
            connection, _removed_before(now - time_travel), lake_files.c.retired_at.is_not(None),
            lake_files.c.deleted_at.is_(None), ~_has_rows_to_promote(),
        )  # fmt: skip
        rows = [row for row in rows if not _held_days(connection, row.table_name).covers(row.day)]
    for row in rows:
        _update(lake, row, deleted_at=now)
        lake.storage.delete(row.path)
    return len(rows)


def delete_unlisted(lake: Lake, *, now: datetime, age: timedelta = UNLISTED_AGE) -> list[str]:
    """Delete files that no snapshot lists and no running program can still commit; their paths.

    Files that the lake did not write stay.

    Raises:
        ForeignLakeError: the files belong to another database. Nothing is deleted.
    """
    require_own_files(lake)
    with reading(lake.engine) as connection:
        stored = select(lake_files.c.path).where(lake_files.c.deleted_at.is_(None))
        listed = set(connection.execute(stored).scalars())
    found = [
        path
        for path in filter(is_lake_file, lake.storage.list_files())
        if path not in listed and path.removeprefix(f"{RETIRED}/") not in listed
        if now - lake.storage.changed_at(path) > age
    ]
    for path in found:
        lake.storage.delete(path)
    return found


def place_hold(
    connection: Connection,
    table_name: str,
    days: tuple[date, date],
    reason: str,
    author: str,
    now: datetime,
) -> int:
    """Place a legal hold on the days of a table, both included; returns its number."""
    values = {
        "table_name": table_name, "first_on": days[0], "last_on": days[1],
        "reason": reason, "author": author, "placed_at": now,
    }  # fmt: skip
    key = connection.execute(lake_holds.insert(), values).inserted_primary_key
    assert key is not None
    return int(key[0])


def release_hold(connection: Connection, number: int, now: datetime) -> bool:
    """Release a hold; False when there is no such hold in force."""
    statement = update(lake_holds).where(
        lake_holds.c.id == number, lake_holds.c.released_at.is_(None)
    )
    return connection.execute(statement.values(released_at=now)).rowcount == 1


def read_holds(connection: Connection, table_name: str | None = None) -> list[Hold]:
    """The holds in force, of one table or of all."""
    query = select(lake_holds).where(lake_holds.c.released_at.is_(None))
    if table_name is not None:
        query = query.where(lake_holds.c.table_name == table_name)
    return [
        Hold(row.id, row.table_name, row.first_on, row.last_on, row.reason, row.author,
             row.placed_at)
        for row in connection.execute(query.order_by(lake_holds.c.id))
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _HeldDays:
    holds: tuple[Hold, ...]

    def covers(self, day: date) -> bool:
        return any(hold.first_on <= day <= hold.last_on for hold in self.holds)


def _removed_before(instant: datetime) -> ColumnElement[bool]:
    return exists().where(
        lake_snapshots.c.table_name == lake_files.c.table_name,
        lake_snapshots.c.number == lake_files.c.removed_in,
        lake_snapshots.c.committed_at <= instant,
    )


def _has_rows_to_promote() -> ColumnElement[bool]:
    """Whether a landed file is yet to be promoted, which reads the files that a snapshot added.

    Later zones read whole days of the current snapshot, and do not need removed files.
    """
    is_ahead = exists().where(
        lake_files.c.table_name.startswith(f"{Zone.LANDING}."),
        lake_positions.c.source == lake_files.c.table_name,
        lake_positions.c.position < lake_files.c.added_in,
    )
    return or_(is_ahead, exists().where(lake_skipped_files.c.file_id == lake_files.c.id))


def _held_days(connection: Connection, table_name: str) -> _HeldDays:
    return _HeldDays(tuple(read_holds(connection, table_name)))


def _select(connection: Connection, *conditions: ColumnElement[bool]) -> list[Row[Any]]:
    query = select(lake_files).where(and_(*conditions)).order_by(lake_files.c.id)
    return list(connection.execute(query))


def _update(lake: Lake, row: Row[Any], **values: Any) -> None:
    with writing(lake.engine) as connection:
        connection.execute(update(lake_files).where(lake_files.c.id == row.id).values(**values))
