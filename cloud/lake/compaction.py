"""Rewrite the files of a day as one, sorted: the same rows, fewer files."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from itertools import groupby
from typing import Final

from cloud.database import reading, writing
from cloud.lake.engine import open_duckdb, read_batches
from cloud.lake.file_checks import find_refusal
from cloud.lake.lake import Lake
from cloud.lake.manifest import DataFile, Operation, commit, read_files
from cloud.lake.reader import create_view, to_dataset
from cloud.lake.records import write_records
from cloud.lake.tables import DAY, LakeTable
from cloud.lake.writer import publish_staged, stage_batches, write_file

MIN_FILES: Final = 4
"""Fewer files than this are not worth writing a day anew."""
IN_MEMORY_ROWS: Final = 500_000
"""Below it a sort in memory takes some 100 MB; opening DuckDB takes longer than the sort."""


@dataclass(frozen=True, slots=True)
class CompactedDay:
    """One day that was written anew; `stopped` is why it is left as it is."""

    table_name: str
    day: date
    rows: int
    stopped: str | None = None


def compact(
    lake: Lake, table: LakeTable, *, now: datetime, min_files: int = MIN_FILES
) -> Iterator[CompactedDay]:
    """Compact every day that has at least `min_files` files, one snapshot for each day.

    Of a table with `split_by`, the files of each value are counted and compacted by themselves.

    Rows of at most one day are in memory, and of a day of many rows only a part. Appends may go on
    meanwhile: their files are not touched.
    A day with a file that cannot be read is left as it is, and the others go on.

    Raises:
        LakeConflictError: another program compacted the day; it is left as it is.
    """
    with reading(lake.engine) as connection:
        files = read_files(connection, table.full_name)
    key = partial(_find_part, table)
    for (day, _), group in groupby(sorted(files, key=key), key=key):
        of_day = list(group)
        if len(of_day) >= min_files:
            yield _compact_day(lake, table, day, of_day, now)


def _find_part(table: LakeTable, file: DataFile) -> tuple[date, str]:
    """The files that become one: those of a day, and of a value where the table is split."""
    value = "" if table.split_by is None else file.bounds[table.split_by][0]
    return file.day, value


def _compact_day(
    lake: Lake, table: LakeTable, day: date, files: list[DataFile], now: datetime
) -> CompactedDay:
    if reason := find_refusal(lake.storage, table, files):
        return CompactedDay(table.full_name, day, 0, reason)
    is_large = sum(file.rows for file in files) > IN_MEMORY_ROWS
    written = (_sort_large if is_large else _sort_in_memory)(lake, table, day, files)
    with writing(lake.engine) as connection:
        commit(
            connection, table.full_name, Operation.COMPACT,
            added=[written], removed=files, now=now,
        )  # fmt: skip
    write_records(lake, [table.full_name])
    return CompactedDay(table.full_name, day, written.rows)


def _sort_in_memory(lake: Lake, table: LakeTable, day: date, files: Sequence[DataFile]) -> DataFile:
    rows = to_dataset(lake.storage, table, files).to_table().drop_columns([DAY])
    return write_file(lake.storage, table, day, rows)


def _sort_large(lake: Lake, table: LakeTable, day: date, files: Sequence[DataFile]) -> DataFile:
    """By DuckDB, which writes to the disk what exceeds its memory limit."""
    columns, order = ", ".join(table.schema.names), ", ".join(table.sort_by)
    with open_duckdb() as connection:
        create_view(connection, lake.storage, table, files, name="source")
        query = f"SELECT {columns} FROM source ORDER BY {order}"  # noqa: S608
        with stage_batches(lake.storage, table, read_batches(connection, query)) as staged:
            return publish_staged(lake.storage, table, day, staged)
