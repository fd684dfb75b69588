"""Promote landed rows out of the quarantine: after the reader, or a report, was repaired.

The rows that are promoted leave the quarantine in the transaction that adds them to the raw
tables: a run that is repeated promotes nothing twice.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from sqlalchemy import Connection

from cloud.database import reading
from cloud.lake.file_checks import DamagedFileError, require_readable
from cloud.lake.lake import Lake
from cloud.lake.manifest import (
    DataFile,
    Operation,
    commit,
    read_files,
    read_position,
    write_position,
)
from cloud.lake.quarantine import QUARANTINE
from cloud.lake.raw.promotion import RawSource
from cloud.lake.raw.reports import REPORT_SOURCE
from cloud.lake.reader import to_dataset
from cloud.lake.records import write_records
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


def replay_rows(
    lake: Lake,
    source: RawSource,
    *,
    now: datetime,
    corrections: Mapping[int, str] | None = None,
) -> Iterator[ReplayedDay]:
    """Read all quarantined rows of a landing table again, by day.

    `corrections` are bodies of landed rows by their number. A day with a file that cannot be read
    is left as it is.

    Raises:
        LakeConflictError: another program replays at the same time.
    """
    with reading(lake.engine) as connection:
        files = read_files(connection, QUARANTINE.full_name)
    for day, group in groupby(files, key=lambda file: file.day):
        of_day = list(group)
        if not any(_may_have(file, source.targets[0].full_name) for file in of_day):
            continue
        try:
            result = _replay_day(lake, source, day, of_day, corrections or {}, now)
        except DamagedFileError as error:
            result = ReplayedDay(day, 0, sum(file.rows for file in of_day), str(error))
        if result is not None:
            yield result


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
    numbers = _select_own(REPORT_SOURCE, to_dataset(lake.storage, QUARANTINE, files).to_table())
    for row in _read_landed(lake, REPORT_SOURCE, day, numbers).to_pylist():
        if (row["device"], row["stream_id"], row["first_sequence"], row["starts_at"]) == identity:
            _replay_day(lake, REPORT_SOURCE, day, files, {row["id"]: content}, now)
            return
    device, stream_id, first, starts_at = identity
    raise RepairError(
        f"no quarantined report is of {device}, stream {stream_id}, number {first}, "
        f"{starts_at.isoformat()}: see `python -m cloud lake quarantine`"
    )


def _replay_day(
    lake: Lake,
    source: RawSource,
    day: date,
    files: Sequence[DataFile],
    corrections: Mapping[int, str],
    now: datetime,
) -> ReplayedDay | None:
    """None when the day has no quarantined row of this source."""
    require_readable(lake.storage, QUARANTINE, files)
    listed = to_dataset(lake.storage, QUARANTINE, files).to_table()
    numbers = _select_own(source, listed)
    if not numbers:
        return None
    landed = _correct(_read_landed(lake, source, day, numbers), corrections)
    parts, unreadable = source.read_rows(landed)
    promoted = set(landed.column("id").to_pylist()) - {one.source_id for one in unreadable}
    if promoted:
        is_promoted = pc.and_(
            pc.equal(listed.column("table_name"), source.targets[0].full_name),
            pc.is_in(listed.column("source_id"), pa.array(sorted(promoted))),
        )
        left = list(write_days(lake.storage, QUARANTINE, listed.filter(pc.invert(is_promoted))))
        append_all(lake, parts, now=now, meanwhile=_replace_quarantine(source, files, left, now))
        write_records(lake, [QUARANTINE.full_name])
    return ReplayedDay(day, len(promoted), len(numbers) - len(promoted))


def _may_have(file: DataFile, table_name: str) -> bool:
    """Whether a file of the quarantine may have rows that were to be promoted to the table."""
    least, greatest = file.bounds["table_name"]
    return bool(least <= table_name <= greatest)


def _select_own(source: RawSource, listed: pa.Table) -> list[int]:
    """The numbers of the quarantined rows of this source."""
    is_own = pc.equal(listed.column("table_name"), source.targets[0].full_name)
    return listed.filter(is_own).column("source_id").to_pylist()  # type: ignore[no-any-return]


def _correct(landed: pa.Table, corrections: Mapping[int, str]) -> pa.Table:
    """The rows with corrected bodies."""
    if not corrections:
        return landed
    rows = [
        row | {"body": corrections.get(row["id"], row["body"])} for row in landed.to_pylist()
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=landed.schema)


def _read_landed(lake: Lake, source: RawSource, day: date, ids: Collection[int]) -> pa.Table:
    """The rows as landed: the quarantine has their beginning only."""
    with reading(lake.engine) as connection:
        files = read_files(connection, source.landed.full_name, days=[day])
    require_readable(lake.storage, source.landed, files)
    rows = to_dataset(lake.storage, source.landed, files)
    return rows.to_table(filter=ds.field("id").isin(sorted(ids)))


def _replace_quarantine(
    source: RawSource, removed: Sequence[DataFile], added: Sequence[DataFile], now: datetime
) -> Callable[[Connection], None]:
    def replace(connection: Connection) -> None:
        target, landed = source.targets[0].full_name, source.landed.full_name
        position = read_position(connection, target, landed)
        # takes the lock that a promotion takes first, so that neither waits for the other
        write_position(connection, target, landed, position, before=position)
        commit(
            connection, QUARANTINE.full_name, Operation.REPLACE,
            added=added, removed=removed, now=now,
        )  # fmt: skip

    return replace
