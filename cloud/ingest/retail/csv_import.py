"""Import a CSV file of price points once: by the digest of its content, and resumed after a kill.

Each batch is one transaction over its points, its errors and the place in the file. A file that is
imported already is not read again; an interrupted import goes on after the last batch.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

from sqlalchemy import Connection, Engine, Row, select

from cloud.database import insert, reading, writing
from cloud.database.retail import retail_imports
from cloud.ingest.retail.commit import (
    BatchResult,
    IngestContext,
    PriceBatch,
    commit_points,
    retry_conflicts,
)
from cloud.ingest.retail.csv_points import CsvFileError, CsvPoints

BATCH_ROWS: Final = 2_000
HASH_BYTES: Final = 1 << 20
LONGEST_NAME: Final = 200


class ImportConflictError(RuntimeError):
    """Another program imports the same file."""


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A file to import and the source that its points are from."""

    path: Path
    source: str


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """Up to where a file is imported, in this run and those before."""

    size_bytes: int
    done_bytes: int
    committed: int
    duplicates: int
    errors: int
    is_finished: bool


def import_file(
    engine: Engine,
    given: CsvFile,
    context: IngestContext,
    *,
    clock: Callable[[], datetime],
    show: Callable[[ImportProgress], None] = lambda _: None,
) -> ImportProgress:
    """Import what is not imported yet; `show` is called after each batch.

    Raises:
        CsvFileError: the file is not one of price points, or cannot be read.
        ImportConflictError: another program imports it at the same time.
    """
    try:
        with given.path.open("rb") as file:
            return _import(engine, file, given, context, clock, show)
    except OSError as error:
        raise CsvFileError(f"{given.path} cannot be read: {error.strerror}") from error


def _import(
    engine: Engine,
    file: IO[bytes],
    given: CsvFile,
    context: IngestContext,
    clock: Callable[[], datetime],
    show: Callable[[ImportProgress], None],
) -> ImportProgress:
    digest = _hash(file)
    points = CsvPoints(file, given.path.name)
    progress = _begin(engine, given, digest, points, clock())
    while not progress.is_finished:
        place = (points.done_bytes, points.done_lines)
        batch = PriceBatch(given.source, points.read(BATCH_ROWS), clock())
        work = partial(_commit, batch, context, digest, points, place)
        progress = retry_conflicts(engine, work)
        show(progress)
    return progress


def _hash(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while some := file.read(HASH_BYTES):
        digest.update(some)
    file.seek(0)
    return digest.hexdigest()


def _begin(
    engine: Engine, given: CsvFile, digest: str, points: CsvPoints, now: datetime
) -> ImportProgress:
    """Where to begin: after the header, or where an earlier run ended."""
    row = {
        "digest": digest,
        "name": given.path.name[:LONGEST_NAME],
        "source": given.source,
        "size_bytes": given.path.stat().st_size,
        "done_bytes": points.done_bytes,
        "done_lines": points.done_lines,
        "committed": 0,
        "duplicates": 0,
        "errors": 0,
        "started_at": now,
    }
    with writing(engine) as connection:
        into = insert(engine.dialect.name, retail_imports).on_conflict_do_nothing()
        connection.execute(into, row)
    with reading(engine) as connection:
        found = _read(connection, digest)
    points.skip_to(found.done_bytes, found.done_lines)
    return _describe(found)


def _commit(
    batch: PriceBatch,
    context: IngestContext,
    digest: str,
    points: CsvPoints,
    place: tuple[int, int],
    connection: Connection,
) -> ImportProgress:
    result = commit_points(connection, batch, context) if batch.points else BatchResult()
    columns = retail_imports.c
    moved = connection.execute(
        retail_imports.update()
        .where(columns.digest == digest, columns.done_bytes == place[0])
        .values(
            done_bytes=points.done_bytes,
            done_lines=points.done_lines,
            committed=columns.committed + result.committed,
            duplicates=columns.duplicates + result.duplicates,
            errors=columns.errors + len(result.errors),
            finished_at=None if batch.points else batch.received_at,
        )
    )
    if moved.rowcount != 1:
        raise ImportConflictError("another program imports this file: wait for it, or end it")
    return _describe(_read(connection, digest))


def _read(connection: Connection, digest: str) -> Row[Any]:
    return connection.execute(select(retail_imports).where(retail_imports.c.digest == digest)).one()


def _describe(row: Row[Any]) -> ImportProgress:
    return ImportProgress(
        row.size_bytes, row.done_bytes, row.committed, row.duplicates, row.errors,
        row.finished_at is not None,
    )  # fmt: skip
