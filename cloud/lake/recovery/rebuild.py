"""Write the raw tables of a day anew from its landed rows: after damage, or a bug of the reader.

All feeds of the day and its quarantine are replaced in one transaction. Corrections that operators
made with `lake repair` are applied again from the audit log. A day is left as it is when a landed
file cannot be read, when its landed rows are not all promoted yet, and when its raw tables have
rows that neither landing nor a correction has. Hours of orders come from all landed versions.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from cloud.auth.audit import read_entries
from cloud.database import reading, writing
from cloud.lake.file_checks import find_refusal
from cloud.lake.lake import Lake
from cloud.lake.landing.reports import LANDED_REPORTS
from cloud.lake.manifest import (
    DataFile,
    Operation,
    commit,
    read_current,
    read_files,
    read_position,
    write_position,
)
from cloud.lake.quarantine import QUARANTINE, to_table
from cloud.lake.raw.feeds import FEEDS
from cloud.lake.raw.promotion import RawSource
from cloud.lake.reader import to_dataset
from cloud.lake.records import write_records
from cloud.lake.skipped import read_skipped
from cloud.lake.tables import DAY, LakeTable
from cloud.lake.trusted.contracted_tables import contracted_tables
from cloud.lake.trusted.repair import read_correction
from cloud.lake.writer import write_days
from wire.audience import AudienceReport

REPAIRED: Final = "lake.row_repaired"
"""The action of the audit log that has the content of a correction."""
BATCH_ROWS: Final = 20_000
UPDATE_FIRST: Final = "run `python -m cloud lake update` first"
Identity = tuple[str, str, int, datetime]


@dataclass(frozen=True, slots=True)
class RebuiltDay:
    """The rows of one day that were written; `stopped` is why it is left as it is."""

    day: date
    promoted: int = 0
    quarantined: int = 0
    stopped: str | None = None
    table_name: str = "the raw tables"


@dataclass(slots=True)
class _NewDay:
    """Files that are published and not committed yet, by table, and how many rows they have."""

    added: dict[LakeTable, list[DataFile]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)

    def add(self, lake: Lake, table: LakeTable, rows: pa.Table) -> None:
        """Publish rows of a table."""
        self.added.setdefault(table, []).extend(write_days(lake.storage, table, rows))
        self.rows[table.full_name] = self.rows.get(table.full_name, 0) + len(rows)


def rebuild_days(lake: Lake, days: Sequence[date], *, now: datetime) -> Iterator[RebuiltDay]:
    """Rebuild each of these days; a batch of landed rows is in memory at a time.

    Raises:
        LakeConflictError: another program promotes at the same time, or has replaced a file.
    """
    with reading(lake.engine) as connection:
        corrections = [
            (entry.object, str(msgspec.json.decode(entry.details)["content"]))
            for entry in read_entries(connection)
            if entry.action == REPAIRED
        ]
    for day in days:
        yield _rebuild_day(lake, day, corrections, now)


def _rebuild_day(
    lake: Lake, day: date, corrections: Sequence[tuple[str, str]], now: datetime
) -> RebuiltDay:
    with reading(lake.engine) as connection:
        # positions and skipped files first: what is promoted later is a conflict of the commit
        positions = {feed.raw.landed: _read_position(connection, feed.raw) for feed in FEEDS}
        landed = {feed.raw.landed: _list_landed(connection, feed.raw, day) for feed in FEEDS}
        needed = {file.path for files in landed.values() for file in files}
        skipped = {
            one.source
            for one in read_skipped(connection)
            if one.file.day == day or one.file.path in needed
        }
        sources = [feed.raw for feed in FEEDS if landed[feed.raw.landed]]
        targets = [target for source in sources for target in source.targets]
        before = {
            table: read_files(connection, table.full_name, days=[day])
            for table in (QUARANTINE, *targets)
        }
        behind = [
            source.landed.full_name
            for source in sources
            if positions[source.landed] != read_current(connection, source.landed.full_name)
            or source.landed.full_name in skipped
        ]
    if not sources:
        return RebuiltDay(day, stopped="it has no landed rows: restore its raw files from a copy")
    if behind:
        return RebuiltDay(day, stopped=f"{behind[0]} is not promoted completely: {UPDATE_FIRST}")
    refusals = (find_refusal(lake.storage, table, files) for table, files in landed.items())
    refusal = next(filter(None, refusals), None)
    if refusal is not None:
        return RebuiltDay(day, stopped=refusal)
    new = _read_day(lake, sources, landed, day, corrections)
    quarantined = new.rows.get(QUARANTINE.full_name, 0)
    _keep_other_quarantine(lake, new, before[QUARANTINE], targets)
    if surplus := _find_surplus(new, before, targets):
        return RebuiltDay(day, stopped=surplus)
    _commit(lake, sources, positions, before, new, now)
    promoted = sum(new.rows.get(source.targets[0].full_name, 0) for source in sources)
    return RebuiltDay(day, promoted, quarantined)


def _list_landed(connection: Connection, source: RawSource, day: date) -> Sequence[DataFile]:
    """The landed files whose rows the raw tables of the day can have."""
    name = source.landed.full_name
    if source.spans_days and any(
        read_files(connection, table.full_name, days=[day])
        for table in (source.landed, *source.targets)
    ):
        return read_files(connection, name)
    return read_files(connection, name, days=[day])


def _read_position(connection: Connection, source: RawSource) -> int:
    return read_position(connection, source.targets[0].full_name, source.landed.full_name)


def _read_day(
    lake: Lake,
    sources: Sequence[RawSource],
    landed: Mapping[LakeTable, Sequence[DataFile]],
    day: date,
    corrections: Sequence[tuple[str, str]],
) -> _NewDay:
    new = _NewDay()
    reports = _read_report_corrections(corrections)
    for source in sources:
        rows = to_dataset(lake.storage, source.landed, landed[source.landed])
        for batch in rows.to_batches(batch_size=BATCH_ROWS):
            corrected = _correct(source, pa.Table.from_batches([batch]), reports)
            for some in source.divide(corrected):
                parts, quarantined = source.read_rows(some)
                for table, of_table in (*parts, (QUARANTINE, to_table(quarantined))):
                    new.add(lake, table, of_table.filter(pc.equal(of_table.column(DAY), day)))
    targets = {target.full_name for source in sources for target in source.targets}
    for one in contracted_tables():
        name = one.source.full_name
        contents = [content for about, content in corrections if about == name]
        for content in contents if name in targets else ():
            found_on, row = read_correction(one, content)
            if found_on == day:
                new.add(lake, one.source, row)
    return new


def _keep_other_quarantine(
    lake: Lake, new: _NewDay, files: Sequence[DataFile], targets: Sequence[LakeTable]
) -> None:
    """Add the quarantined rows of other tables again, such as those of uploads.

    Those of a damaged file are lost; the file as received is still there to be loaded again.
    """
    readable = [file for file in files if find_refusal(lake.storage, QUARANTINE, [file]) is None]
    rows = to_dataset(lake.storage, QUARANTINE, readable).to_table()
    own = pa.array([target.full_name for target in targets], pa.string())
    new.add(lake, QUARANTINE, rows.filter(pc.invert(pc.is_in(rows["table_name"], own))))


def _read_report_corrections(corrections: Sequence[tuple[str, str]]) -> dict[Identity, str]:
    """Corrected reports by the identity of the landed row."""
    found: dict[Identity, str] = {}
    for about, content in corrections:
        if about == LANDED_REPORTS.full_name:
            report = msgspec.json.decode(content, type=AudienceReport)
            key = (report.device, report.journal, report.sequence.first, report.starts_at)
            found[key] = content
    return found


def _correct(source: RawSource, rows: pa.Table, corrections: Mapping[Identity, str]) -> pa.Table:
    if not corrections or source.landed != LANDED_REPORTS:
        return rows
    corrected = [
        row | {"body": corrections.get(_identity(row), row["body"])} for row in rows.to_pylist()
    ]
    return pa.Table.from_pylist(corrected, schema=rows.schema)


def _identity(row: Mapping[str, Any]) -> Identity:
    return row["device"], row["stream_id"], row["first_sequence"], row["starts_at"]


def _find_surplus(
    new: _NewDay, before: Mapping[LakeTable, Sequence[DataFile]], targets: Sequence[LakeTable]
) -> str | None:
    quarantined = new.rows.get(QUARANTINE.full_name, 0)
    for table in targets:
        present, found = sum(file.rows for file in before[table]), new.rows.get(table.full_name, 0)
        if present > found + quarantined:
            return (
                f"{table.full_name} has {present} rows, landing and corrections give {found}: the "
                "others would be lost. Restore landed files from a copy first"
            )
    return None


def _commit(
    lake: Lake,
    sources: Sequence[RawSource],
    positions: Mapping[LakeTable, int],
    before: Mapping[LakeTable, Sequence[DataFile]],
    new: _NewDay,
    now: datetime,
) -> None:
    """Replace all tables of the day; a promotion takes the locks in the same order."""
    with writing(lake.engine) as connection:
        for source in sorted(sources, key=lambda one: one.targets[0].full_name):
            target, landed = source.targets[0].full_name, source.landed.full_name
            position = positions[source.landed]
            write_position(connection, target, landed, position, before=position)
        for table in sorted(before, key=lambda one: one.full_name):
            commit(
                connection, table.full_name, Operation.REPLACE,
                added=new.added.get(table, ()), removed=before[table], now=now,
            )  # fmt: skip
    write_records(lake, [table.full_name for table in before])
