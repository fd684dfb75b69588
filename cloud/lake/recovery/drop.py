"""Drop a damaged file for good: its rows are lost, and the audit log says which."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from cloud.auth.audit import record_change
from cloud.database import reading, writing
from cloud.database.lake import lake_files, lake_positions
from cloud.lake.file_checks import find_refusal
from cloud.lake.lake import Lake
from cloud.lake.lifecycle import read_holds
from cloud.lake.manifest import Operation, commit, to_data_file
from cloud.lake.records import write_records
from cloud.lake.registry import find_table
from cloud.lake.skipped import SkippedFile, read_skipped, remove_skipped
from cloud.lake.tables import Zone

DROPPED: Final = "lake.file_dropped"


class DropError(ValueError):
    """A file that may not be dropped; the message says why."""


@dataclass(frozen=True, slots=True)
class DroppedFile:
    """What was lost: the rows of the file, and the tables that never received them."""

    path: str
    table_name: str
    day: date
    rows: int
    fault: str
    not_in: tuple[str, ...]


def drop_file(lake: Lake, path: str, *, reason: str, actor: str, now: datetime) -> DroppedFile:
    """Remove a damaged file from its table; it is retired, and deleted when it expires.

    Raises:
        DropError: the file is not in a table, is as it was committed, is yet to be promoted, or is
            under a legal hold.
        LakeConflictError: another program has replaced the file. Nothing is changed.
    """
    with reading(lake.engine) as connection:
        row, skipped = _find(connection, path)
    file, table = to_data_file(row), find_table(row.table_name)
    fault = find_refusal(lake.storage, table, [file])
    if fault is None:
        raise DropError(f"{path} is as it was committed: only a damaged file can be dropped")
    dropped = DroppedFile(
        path, table.full_name, file.day, file.rows, fault, tuple(one.table_name for one in skipped)
    )
    with writing(lake.engine) as connection:
        if row.removed_in is None:
            commit(connection, table.full_name, Operation.REPLACE, removed=[file], now=now)
        for one in skipped:
            remove_skipped(connection, one)
        details = asdict(dropped) | {"day": str(file.day), "reason": reason}
        record_change(
            connection, at=now, actor=actor, action=DROPPED, about=table.full_name, details=details
        )
    write_records(lake, [table.full_name])
    return dropped


def _find(connection: Connection, path: str) -> tuple[Row[Any], Sequence[SkippedFile]]:
    row = connection.execute(select(lake_files).where(lake_files.c.path == path)).one_or_none()
    skipped = [one for one in read_skipped(connection) if one.file.path == path]
    if row is None or row.deleted_at or (row.removed_in is not None and not skipped):
        raise DropError(
            f"no table has the file {path}: `python -m cloud lake verify` lists damaged files"
        )
    for hold in read_holds(connection, row.table_name):
        if hold.first_on <= row.day <= hold.last_on:
            raise DropError(f"{path} is under legal hold {hold.id}: {hold.reason}")
    if row.table_name.startswith(f"{Zone.LANDING}.") and _is_ahead(connection, row):
        raise DropError(
            f"{path} is not promoted yet: run `python -m cloud lake update` first, which skips it"
        )
    return row, skipped


def _is_ahead(connection: Connection, row: Row[Any]) -> bool:
    """Whether a promotion has yet to come to the snapshot that added the file."""
    positions = select(lake_positions.c.position).where(lake_positions.c.source == row.table_name)
    found = list(connection.execute(positions).scalars())
    return bool(min(found, default=0) < row.added_in)
