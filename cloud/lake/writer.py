"""Write rows as Parquet files by day, and commit them as a snapshot.

Files of a commit that fails stay where they are: the outcome of a broken connection is unknown.
`lifecycle.delete_unlisted` deletes those that no snapshot lists.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Connection

from cloud.database import writing
from cloud.lake.lake import Lake
from cloud.lake.manifest import Bounds, DataFile, Operation, Snapshot, commit
from cloud.lake.records import write_records
from cloud.lake.storage import Storage, hash_stream
from cloud.lake.tables import DAY, LakeTable

ROW_GROUP_ROWS: Final = 65_536
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
    return append_files(lake, written, now=now, meanwhile=meanwhile)


def append_files(
    lake: Lake,
    parts: Sequence[tuple[LakeTable, Sequence[DataFile]]],
    *,
    now: datetime,
    meanwhile: Callable[[Connection], None] = lambda _: None,
) -> list[Snapshot]:
    """Add published files to several tables in one transaction; see `append_all`."""
    with writing(lake.engine) as connection:
        meanwhile(connection)
        snapshots = [
            commit(connection, table.full_name, Operation.APPEND, added=files, now=now)
            for table, files in sorted(parts, key=lambda one: one[0].full_name)
            if files
        ]
    write_records(lake, [one.table_name for one in snapshots])
    return snapshots


def write_days(storage: Storage, table: LakeTable, rows: pa.Table) -> Iterator[DataFile]:
    """Publish the files of each day of the rows; `rows` have the column `day`."""
    days = rows.column(DAY)
    conformed = table.conform(rows.drop_columns([DAY]))
    found = sorted(pc.unique(days).to_pylist())
    if len(found) == 1:
        yield from _write_day(storage, table, found[0], conformed)
        return
    for day in found:
        of_day = conformed.filter(pc.equal(days, pa.scalar(day)))
        yield from _write_day(storage, table, day, of_day)


def _write_day(storage: Storage, table: LakeTable, day: date, rows: pa.Table) -> Iterator[DataFile]:
    with stage_parts(storage, table, sort_rows(table, rows)) as staged:
        for one in staged:
            yield publish_staged(storage, table, day, one)


def write_file(storage: Storage, table: LakeTable, day: date, rows: pa.Table) -> DataFile:
    """Publish rows of one day, sorted, as one file."""
    with stage_batches(storage, table, sort_rows(table, rows)) as staged:
        return publish_staged(storage, table, day, staged)


def sort_rows(table: LakeTable, rows: pa.Table) -> Iterator[pa.RecordBatch]:
    """The rows in the order of the table's files, as batches."""
    ordered = rows.sort_by([(name, "ascending") for name in table.sort_by]).combine_chunks()
    yield from ordered.to_batches(max_chunksize=ROW_GROUP_ROWS)


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A complete file that is not published, with what the manifest says about it."""

    path: Path
    rows: int
    bounds: Bounds
    sha256: str


class StagedWriter:
    """Writes sorted rows to a staged file, some in memory at a time; see `open_staged`."""

    def __init__(self, table: LakeTable, path: Path, writer: pq.ParquetWriter) -> None:
        self._table, self._path, self._writer = table, path, writer
        self._rows, self._bounds = 0, _NO_BOUNDS

    def write(self, rows: pa.Table) -> None:
        """Add rows: a row group, or several of at most `ROW_GROUP_ROWS`."""
        rows = self._table.conform(rows)
        self._writer.write_table(rows, row_group_size=ROW_GROUP_ROWS)
        self._rows += len(rows)
        self._bounds = _extend(
            self._bounds, {name: rows.column(name) for name in self._table.sort_by}
        )

    def complete(self) -> StagedFile:
        """The complete file; nothing can be added any more."""
        self._writer.close()
        pairs = {name: _plain_pair(pair) for name, pair in self._bounds.items()}
        return StagedFile(self._path, self._rows, pairs, hash_stream(self._path.open("rb")))


@contextmanager
def open_staged(storage: Storage, table: LakeTable) -> Iterator[StagedWriter]:
    """A new staged file; it is deleted unless it is published."""
    path = storage.stage()
    try:
        with pq.ParquetWriter(path, table.schema, compression=COMPRESSION, version="2.6") as writer:
            yield StagedWriter(table, path, writer)
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def stage_batches(
    storage: Storage, table: LakeTable, batches: Iterable[pa.RecordBatch]
) -> Iterator[StagedFile]:
    """A staged file of sorted batches, one in memory at a time; deleted unless it is published."""
    with open_staged(storage, table) as writer:
        for batch in batches:
            writer.write(pa.Table.from_batches([batch]))
        yield writer.complete()


@contextmanager
def stage_parts(
    storage: Storage, table: LakeTable, batches: Iterable[pa.RecordBatch]
) -> Iterator[list[StagedFile]]:
    """The staged files of sorted batches: one, or one for each value of `split_by`."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(stage_batches(storage, table, some))
            for some in _split_sorted(table, batches)
        ]


def _split_sorted(
    table: LakeTable, batches: Iterable[pa.RecordBatch]
) -> Iterator[Iterable[pa.RecordBatch]]:
    if table.split_by is None:
        yield batches
        return
    runs = (run for batch in batches for run in _list_runs(batch, table.split_by))
    for _, group in groupby(runs, key=itemgetter(0)):
        yield (run for _, run in group)


def _list_runs(batch: pa.RecordBatch, column: str) -> Iterator[tuple[Any, pa.RecordBatch]]:
    """The parts of a sorted batch, each with one value of the column."""
    start = 0
    for counted in pc.value_counts(batch.column(column)).to_pylist():
        yield counted["values"], batch.slice(start, counted["counts"])
        start += counted["counts"]


def publish_file(
    storage: Storage, table: LakeTable, day: date, staged: Path, rows: pa.Table
) -> DataFile:
    """Move a staged file with these rows to its path, and describe it for the manifest."""
    bounds = _extend(_NO_BOUNDS, {name: rows.column(name) for name in table.sort_by})
    pairs = {name: _plain_pair(pair) for name, pair in bounds.items()}
    described = StagedFile(staged, len(rows), pairs, hash_stream(staged.open("rb")))
    return publish_staged(storage, table, day, described)


def publish_staged(storage: Storage, table: LakeTable, day: date, staged: StagedFile) -> DataFile:
    """Move a staged file to its path, and describe it for the manifest."""
    file = DataFile(
        path=f"{table.zone}/{table.name}/{DAY}={day.isoformat()}/{uuid.uuid4().hex}.parquet",
        day=day,
        rows=staged.rows,
        size_bytes=staged.path.stat().st_size,
        sha256=staged.sha256,
        schema_version=table.schema_version,
        bounds=staged.bounds,
    )
    storage.publish(staged.path, file.path)
    return file


_NO_BOUNDS: Final[Bounds] = {}


def _extend(bounds: Bounds, columns: Mapping[str, pa.ChunkedArray]) -> Bounds:
    """The bounds with the least and greatest values of further rows."""
    extended = {}
    for name, values in columns.items():
        found = pc.min_max(values)
        pairs = [bounds[name]] if name in bounds else []
        pairs.append((found["min"].as_py(), found["max"].as_py()))
        known = [value for pair in pairs for value in pair if value is not None]
        extended[name] = (min(known), max(known)) if known else (None, None)
    return extended


def _plain_pair(pair: tuple[Any, Any]) -> tuple[Any, Any]:
    return _plain(pair[0]), _plain(pair[1])


def _plain(value: Any) -> Any:
    """As JSON takes it."""
    return value.isoformat() if isinstance(value, date) else value
