"""Rewrite the files of a day as one, sorted: the same rows, fewer files."""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import groupby
from typing import Final

from cloud.database import reading, writing
from cloud.lake.lake import Lake
from cloud.lake.manifest import DataFile, Operation, Snapshot, commit, read_files
from cloud.lake.reader import to_dataset
from cloud.lake.tables import DAY, LakeTable
from cloud.lake.verification import check_files
from cloud.lake.writer import write_file

MIN_FILES: Final = 4
"""Fewer files than this are not worth writing a day anew."""


def compact(
    lake: Lake, table: LakeTable, *, now: datetime, min_files: int = MIN_FILES
) -> Iterator[Snapshot]:
    """Compact every day that has at least `min_files` files, one snapshot for each day.

    Only one day is in memory at a time. Appends may go on meanwhile: their files are not touched.

    Raises:
        DamagedFileError: a file is not as it was committed; its day is left as it is.
        LakeConflictError: another program compacted the day; it is left as it is.
    """
    with reading(lake.engine) as connection:
        files = read_files(connection, table.full_name)
    for day, group in groupby(files, key=lambda file: file.day):
        of_day = list(group)
        if len(of_day) >= min_files:
            yield _compact_day(lake, table, day, of_day, now)


def _compact_day(
    lake: Lake, table: LakeTable, day: date, files: list[DataFile], now: datetime
) -> Snapshot:
    check_files(lake.storage, files)
    rows = to_dataset(lake.storage, table, files).to_table().drop_columns([DAY])
    written = write_file(lake.storage, table, day, rows)
    with writing(lake.engine) as connection:
        return commit(
            connection, table.full_name, Operation.COMPACT,
            added=[written], removed=files, now=now,
        )  # fmt: skip
