"""Promote landed rows to the raw zone; a row that cannot be read is quarantined.

One landed snapshot is one transaction over its raw tables, the quarantine and the position: each
row is promoted or quarantined exactly once, whenever the program ends. A landed file that cannot be
read is skipped with its reason; it is promoted by the first run that finds it restored.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import pyarrow as pa
from sqlalchemy import Connection

from cloud.database import reading
from cloud.lake.file_checks import find_refusal
from cloud.lake.lake import Lake
from cloud.lake.manifest import (
    DataFile,
    read_added_files,
    read_current,
    read_position,
    write_position,
)
from cloud.lake.quarantine import QUARANTINE, QuarantinedRow, to_table
from cloud.lake.reader import to_dataset
from cloud.lake.skipped import SkippedFile, read_skipped, record_skipped, remove_skipped
from cloud.lake.tables import LakeTable
from cloud.lake.writer import append_files, write_days

RawParts = Sequence[tuple[LakeTable, pa.Table]]
"""Raw tables, each with rows that have `day`."""


@dataclass(frozen=True, slots=True)
class RawSource:
    """A landing table with the column `id`, and the raw tables that its rows become.

    `read_rows` takes landed rows with `day`. The first raw table has the position, and the
    quarantine names it. `spans_days` is whether landed rows of one day become raw rows of others.
    `divide` gives the landed rows in parts whose raw rows fit into memory.
    """

    landed: LakeTable
    targets: tuple[LakeTable, ...]
    read_rows: Callable[[pa.Table], tuple[RawParts, list[QuarantinedRow]]]
    spans_days: bool = False
    divide: Callable[[pa.Table], Iterable[pa.Table]] = lambda landed: [landed]


@dataclass(frozen=True, slots=True)
class Promotion:
    """The result of one landed snapshot, or of one file that was restored."""

    snapshot: int
    promoted: int
    quarantined: int
    skipped: int = 0


def promote_landed(lake: Lake, source: RawSource, *, now: datetime) -> Iterator[Promotion]:
    """Promote restored files, then every landed snapshot that is not promoted yet, oldest first.

    Raises:
        LakeConflictError: another program promotes at the same time.
    """
    target, landed = source.targets[0].full_name, source.landed.full_name
    with reading(lake.engine) as connection:
        done = read_position(connection, target, landed)
        newest = read_current(connection, landed)
        skipped = read_skipped(connection, target)
    for one in skipped:
        if find_refusal(lake.storage, source.landed, [one.file]) is None:
            end = _end_skipping(one)
            yield _promote_files(lake, source, one.snapshot, [one.file], now, end)
    for number in range(done + 1, newest + 1):
        yield _promote_snapshot(lake, source, number, now)


def _promote_snapshot(lake: Lake, source: RawSource, number: int, now: datetime) -> Promotion:
    with reading(lake.engine) as connection:
        files = read_added_files(connection, source.landed.full_name, number)
    found = [(file, find_refusal(lake.storage, source.landed, [file])) for file in files]
    skipped = [(file, reason) for file, reason in found if reason is not None]
    readable = [file for file, reason in found if reason is None]
    move = _move_position(source, number, skipped, now)
    return replace(
        _promote_files(lake, source, number, readable, now, move), skipped=len(skipped)
    )  # fmt: skip


def _promote_files(
    lake: Lake,
    source: RawSource,
    number: int,
    files: Sequence[DataFile],
    now: datetime,
    meanwhile: Callable[[Connection], None],
) -> Promotion:
    landed = to_dataset(lake.storage, source.landed, files).to_table()
    added: dict[LakeTable, list[DataFile]] = {}
    quarantined = 0
    for some in source.divide(landed):
        parts, unreadable = source.read_rows(some)
        quarantined += len(unreadable)
        for table, rows in (*parts, (QUARANTINE, to_table(unreadable))):
            added.setdefault(table, []).extend(write_days(lake.storage, table, rows))
    append_files(lake, list(added.items()), now=now, meanwhile=meanwhile)
    return Promotion(number, len(landed) - quarantined, quarantined)


def _end_skipping(one: SkippedFile) -> Callable[[Connection], None]:
    return lambda connection: remove_skipped(connection, one)


def _move_position(
    source: RawSource, number: int, skipped: Sequence[tuple[DataFile, str]], now: datetime
) -> Callable[[Connection], None]:
    target, landed = source.targets[0].full_name, source.landed.full_name

    def move(connection: Connection) -> None:
        write_position(connection, target, landed, number, before=number - 1)
        record_skipped(connection, target, skipped, now)

    return move
