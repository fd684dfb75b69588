"""Promote landed reports to the raw zone; a report that cannot be read is quarantined.

One landed snapshot is one transaction over all raw tables, the quarantine and the position: each
report is promoted or quarantined exactly once, whenever the program ends.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import msgspec
import pyarrow as pa
from sqlalchemy import Connection

from cloud.database import reading
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
from cloud.lake.tables import DAY, LakeTable
from cloud.lake.verification import check_files
from cloud.lake.writer import append_all
from wire.audience import AudienceReport

READABLE: Final = "readable"
SAME_IDENTITY: Final = "same identity as its row"

_decoder = msgspec.json.Decoder(AudienceReport)


@dataclass(frozen=True, slots=True)
class Promotion:
    """The result of one landed snapshot."""

    snapshot: int
    promoted: int
    quarantined: int


def promote_reports(lake: Lake, *, now: datetime) -> Iterator[Promotion]:
    """Promote every landed snapshot that is not promoted yet, oldest first.

    Raises:
        DamagedFileError: a landed file is not as it was committed. Earlier snapshots stay promoted.
        LakeConflictError: another program promotes at the same time.
    """
    source = LANDED_REPORTS.full_name
    with reading(lake.engine) as connection:
        done = read_position(connection, RAW_REPORTS.full_name, source)
        newest = read_current(connection, source)
    for number in range(done + 1, newest + 1):
        with reading(lake.engine) as connection:
            files = read_added_files(connection, source, number)
        check_files(lake.storage, files)
        yield _promote_snapshot(lake, number, files, now)


def _promote_snapshot(lake: Lake, number: int, files: list[DataFile], now: datetime) -> Promotion:
    landed = to_dataset(lake.storage, LANDED_REPORTS, files).to_table().to_pylist()
    tables, quarantined = read_landed_rows(landed)
    append_all(
        lake, [*tables, (QUARANTINE, to_table(quarantined))], now=now,
        meanwhile=_move_position(number),
    )  # fmt: skip
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


def _move_position(number: int) -> Callable[[Connection], None]:
    def move(connection: Connection) -> None:
        write_position(
            connection, RAW_REPORTS.full_name, LANDED_REPORTS.full_name, number,
            before=number - 1,
        )  # fmt: skip

    return move
