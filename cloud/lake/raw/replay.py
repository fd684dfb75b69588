"""Promote landed reports out of the quarantine: after the reader, or a report, was repaired.

The rows that are promoted leave the quarantine in the transaction that adds them to the raw
tables: a run that is repeated promotes nothing twice.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from sqlalchemy import Connection

from cloud.database import reading
from cloud.lake.file_checks import DamagedFileError, require_readable
from cloud.lake.lake import Lake
from cloud.lake.landing.reports import LANDED_REPORTS
from cloud.lake.manifest import (
    DataFile,
    Operation,
    commit,
    read_files,
    read_position,
    write_position,
)
from cloud.lake.quarantine import QUARANTINE
from cloud.lake.raw.audience import RAW_REPORTS
from cloud.lake.raw.promotion import read_landed_rows
from cloud.lake.reader import to_dataset
from cloud.lake.writer import append_all, write_days
from wire.audience import AudienceReport


class RepairError(ValueError):
    """A correction that cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class ReplayedDay:
    """The result for one day of the quarantine; `stopped` is why it is left as it is."""

    day: date
    promoted: int
    quarantined: int
    stopped: str | None = None
    table_name: str = QUARANTINE.full_name


def replay_reports(
    lake: Lake, *, now: datetime, corrections: Mapping[int, str] | None = None
) -> Iterator[ReplayedDay]:
    """Read all quarantined reports again, by day; `corrections` are contents by their number.

    A day with a file that cannot be read is left as it is.

    Raises:
        LakeConflictError: another program replays at the same time.
    """
    with reading(lake.engine) as connection:
        files = read_files(connection, QUARANTINE.full_name)
    for day, group in groupby(files, key=lambda file: file.day):
        of_day = list(group)
        try:
            yield _replay_day(lake, day, of_day, corrections or {}, now)
        except DamagedFileError as error:
            yield ReplayedDay(day, 0, sum(file.rows for file in of_day), str(error))


def repair_report(lake: Lake, content: str, *, now: datetime) -> None:
    """Promote a quarantined report with corrected content.

    Raises:
        RepairError: the content is no report, or no quarantined report has its identity.
        DamagedFileError: a file of its day cannot be read.
    """
    try:
        report = msgspec.json.decode(content, type=AudienceReport)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise RepairError(f"the correction is not a report: {error}") from error
    day = report.starts_at.astimezone(UTC).date()
    identity = (report.device, report.journal, report.sequence.first, report.starts_at)
    with reading(lake.engine) as connection:
        files = read_files(connection, QUARANTINE.full_name, days=[day])
    require_readable(lake.storage, QUARANTINE, files)
    listed = to_dataset(lake.storage, QUARANTINE, files).to_table()
    for row in _read_landed(lake, day, listed.column("source_id").to_pylist()):
        if (row["device"], row["stream_id"], row["first_sequence"], row["starts_at"]) == identity:
            _replay_day(lake, day, files, {row["id"]: content}, now)
            return
    device, stream_id, first, starts_at = identity
    raise RepairError(
        f"no quarantined report is of {device}, stream {stream_id}, number {first}, "
        f"{starts_at.isoformat()}: see `python -m cloud lake quarantine`"
    )


def _replay_day(
    lake: Lake,
    day: date,
    files: Sequence[DataFile],
    corrections: Mapping[int, str],
    now: datetime,
) -> ReplayedDay:
    require_readable(lake.storage, QUARANTINE, files)
    listed = to_dataset(lake.storage, QUARANTINE, files).to_table()
    landed = [
        row | {"body": corrections.get(row["id"], row["body"])}
        for row in _read_landed(lake, day, listed.column("source_id").to_pylist())
    ]
    tables, unreadable = read_landed_rows(landed)
    promoted = {row["id"] for row in landed} - {one.source_id for one in unreadable}
    if promoted:
        is_left = pc.invert(pc.is_in(listed.column("source_id"), pa.array(sorted(promoted))))
        left = list(write_days(lake.storage, QUARANTINE, listed.filter(is_left)))
        append_all(lake, tables, now=now, meanwhile=_replace_quarantine(files, left, now))
    return ReplayedDay(day, len(promoted), len(listed) - len(promoted))


def _read_landed(lake: Lake, day: date, ids: Collection[int]) -> list[dict[str, Any]]:
    """The reports as landed: the quarantine has their beginning only."""
    with reading(lake.engine) as connection:
        files = read_files(connection, LANDED_REPORTS.full_name, days=[day])
    require_readable(lake.storage, LANDED_REPORTS, files)
    rows = to_dataset(lake.storage, LANDED_REPORTS, files)
    return rows.to_table(filter=ds.field("id").isin(sorted(ids))).to_pylist()  # type: ignore[no-any-return]


def _replace_quarantine(
    removed: Sequence[DataFile], added: Sequence[DataFile], now: datetime
) -> Callable[[Connection], None]:
    def replace(connection: Connection) -> None:
        target, source = RAW_REPORTS.full_name, LANDED_REPORTS.full_name
        position = read_position(connection, target, source)
        # takes the lock that a promotion takes first, so that neither waits for the other
        write_position(connection, target, source, position, before=position)
        commit(
            connection, QUARANTINE.full_name, Operation.REPLACE,
            added=added, removed=removed, now=now,
        )  # fmt: skip

    return replace
