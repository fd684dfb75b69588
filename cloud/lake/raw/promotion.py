"""Promote landed reports to the raw zone; a report that cannot be read is quarantined.

One landed snapshot is one transaction over all raw tables, the quarantine and the position: each
report is promoted or quarantined exactly once, whenever the program ends. A landed file that cannot
be read is skipped with its reason; it is promoted by the first run that finds it restored.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

import msgspec
import pyarrow as pa
from sqlalchemy import Connection

from cloud.database import reading
from cloud.lake.file_checks import find_refusal
from cloud.lake.lake import Lake
from cloud.lake.landing.reports import LANDED_REPORTS
from cloud.lake.manifest import (
    DataFile,
    read_added_files,
    read_current,
    read_position,
    write_position,
)
from cloud.lake.quarantine import QUARANTINE, QuarantinedRow, to_table
from cloud.lake.raw.audience import AUDIENCE_TABLES, RAW_REPORTS, flatten
from cloud.lake.reader import to_dataset
from cloud.lake.skipped import SkippedFile, read_skipped, record_skipped, remove_skipped
from cloud.lake.tables import DAY, LakeTable
from cloud.lake.writer import append_all
from wire.audience import AudienceReport

READABLE: Final = "readable"
SAME_IDENTITY: Final = "same identity as its row"

_decoder = msgspec.json.Decoder(AudienceReport)


@dataclass(frozen=True, slots=True)
class Promotion:
    """The result of one landed snapshot, or of one file that was restored."""

    snapshot: int
    promoted: int
    quarantined: int
    skipped: int = 0


def promote_reports(lake: Lake, *, now: datetime) -> Iterator[Promotion]:
    """Promote restored files, then every landed snapshot that is not promoted yet, oldest first.

    Raises:
        LakeConflictError: another program promotes at the same time.
    """
    source = LANDED_REPORTS.full_name
    with reading(lake.engine) as connection:
        done = read_position(connection, RAW_REPORTS.full_name, source)
        newest = read_current(connection, source)
        skipped = read_skipped(connection, RAW_REPORTS.full_name)
    for one in skipped:
        if find_refusal(lake.storage, LANDED_REPORTS, [one.file]) is None:
            yield _promote_files(lake, one.snapshot, [one.file], now, _end_skipping(one))
    for number in range(done + 1, newest + 1):
        yield _promote_snapshot(lake, number, now)


def _promote_snapshot(lake: Lake, number: int, now: datetime) -> Promotion:
    with reading(lake.engine) as connection:
        files = read_added_files(connection, LANDED_REPORTS.full_name, number)
    found = [(file, find_refusal(lake.storage, LANDED_REPORTS, [file])) for file in files]
    skipped = [(file, reason) for file, reason in found if reason is not None]
    readable = [file for file, reason in found if reason is None]
    result = _promote_files(lake, number, readable, now, _move_position(number, skipped, now))
    return replace(result, skipped=len(skipped))


def _promote_files(
    lake: Lake,
    number: int,
    files: Sequence[DataFile],
    now: datetime,
    meanwhile: Callable[[Connection], None],
) -> Promotion:
    landed = to_dataset(lake.storage, LANDED_REPORTS, files).to_table().to_pylist()
    tables, quarantined = read_landed_rows(landed)
    parts = [*tables, (QUARANTINE, to_table(quarantined))]
    append_all(lake, parts, now=now, meanwhile=meanwhile)
    return Promotion(number, len(landed) - len(quarantined), len(quarantined))


def read_landed_rows(
    landed: Iterable[dict[str, Any]],
) -> tuple[list[tuple[LakeTable, pa.Table]], list[QuarantinedRow]]:
    """The rows of the raw tables, with `day`, and the landed rows that cannot be read."""
    parts: dict[str, list[dict[str, Any]]] = defaultdict(list)
    quarantined: list[QuarantinedRow] = []
    for row in landed:
        found = _read_report(row)
        if isinstance(found, QuarantinedRow):
            quarantined.append(found)
            continue
        for name, rows in flatten(found, row["received_at"]).items():
            parts[name] += [one | {DAY: row[DAY]} for one in rows]
    return [(table, _to_arrow(table, parts[table.name])) for table in AUDIENCE_TABLES], quarantined


def _read_report(row: dict[str, Any]) -> AudienceReport | QuarantinedRow:
    try:
        report = _decoder.decode(row["body"])
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        return _quarantine(row, READABLE, str(error))
    found = (report.device, report.journal, report.sequence.first, report.starts_at)
    expected = (row["device"], row["stream_id"], row["first_sequence"], row["starts_at"])
    if found != expected:
        return _quarantine(row, SAME_IDENTITY, f"found {found}, expected {expected}")
    return report


def _quarantine(row: dict[str, Any], rule: str, reason: str) -> QuarantinedRow:
    day: date = row[DAY]
    return QuarantinedRow(RAW_REPORTS.full_name, row["id"], day, rule, reason, row["body"])


def _to_arrow(table: LakeTable, rows: list[dict[str, Any]]) -> pa.Table:
    schema = table.schema.append(pa.field(DAY, pa.date32()))
    return pa.Table.from_pylist(rows, schema=schema)


def _end_skipping(one: SkippedFile) -> Callable[[Connection], None]:
    return lambda connection: remove_skipped(connection, one)


def _move_position(
    number: int, skipped: Sequence[tuple[DataFile, str]], now: datetime
) -> Callable[[Connection], None]:
    def move(connection: Connection) -> None:
        write_position(
            connection, RAW_REPORTS.full_name, LANDED_REPORTS.full_name, number,
            before=number - 1,
        )  # fmt: skip
        record_skipped(connection, RAW_REPORTS.full_name, skipped, now)

    return move
