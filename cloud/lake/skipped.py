"""Landed files that a promotion could not read: it went on without them.

A skipped file is recorded in the transaction that moves the position past it, and leaves the record
in the transaction that adds its rows: it is promoted once, when it is restored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from cloud.database.lake import lake_files, lake_skipped_files
from cloud.lake.manifest import DataFile, LakeConflictError, to_data_file


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file of `source` whose rows are not in `table_name`, and why."""

    id: int
    table_name: str
    source: str
    file: DataFile
    snapshot: int
    reason: str
    skipped_at: datetime

    def __str__(self) -> str:
        return (
            f"{self.reason}. {self.file.rows} rows of {self.source} on {self.file.day} are not in "
            f"{self.table_name}"
        )


def record_skipped(
    connection: Connection, table_name: str, reasons: Sequence[tuple[DataFile, str]], now: datetime
) -> None:
    """Record files that a promotion to the table has left out."""
    for file, reason in reasons:
        found = select(lake_files.c.id).where(lake_files.c.path == file.path)
        connection.execute(
            lake_skipped_files.insert(),
            {
                "table_name": table_name,
                "file_id": connection.execute(found).scalar_one(),
                "reason": reason,
                "skipped_at": now,
            },
        )


def read_skipped(connection: Connection, table_name: str | None = None) -> list[SkippedFile]:
    """The skipped files of one target or of all, in the order in which they were added."""
    skipped = lake_skipped_files
    columns = (skipped.c.table_name.label("target"), skipped.c.reason, skipped.c.skipped_at)
    query = select(lake_files, *columns).where(lake_files.c.id == skipped.c.file_id)
    if table_name is not None:
        query = query.where(skipped.c.table_name == table_name)
    return [
        SkippedFile(row.id, row.target, row.table_name, to_data_file(row), row.added_in, row.reason,
                    row.skipped_at)
        for row in connection.execute(query.order_by(lake_files.c.id))
    ]  # fmt: skip


def remove_skipped(connection: Connection, one: SkippedFile) -> None:
    """End the record of a file, in the transaction that adds or gives up its rows.

    Raises:
        LakeConflictError: another program has done so.
    """
    skipped = lake_skipped_files.c
    found = connection.execute(
        delete(lake_skipped_files).where(
            skipped.table_name == one.table_name, skipped.file_id == one.id
        )
    )
    if found.rowcount != 1:
        raise LakeConflictError(
            f"another program has promoted or dropped {one.file.path}: run it again"
        )
