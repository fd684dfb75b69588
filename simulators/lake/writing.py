"""Write the days of a history to the raw zone, each as one commit.

The position moves in the transaction of each day, so a run that is interrupted goes on after its
last day. Late reports of a day are committed with the next one.
"""

from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import pyarrow as pa
from sqlalchemy import Connection, select

from cloud.database import reading, reports
from cloud.database.lake import lake_snapshots
from cloud.lake.lake import Lake
from cloud.lake.landing.reports import LANDED_REPORTS
from cloud.lake.manifest import DataFile, read_current, read_position, write_position
from cloud.lake.ownership import require_own_files
from cloud.lake.raw.audience import AUDIENCE_TABLES, RAW_REPORTS
from cloud.lake.tables import LakeTable
from cloud.lake.writer import append_files, open_staged, publish_staged, write_file
from simulators.lake.day_rows import generate_day
from simulators.lake.history import History

SOURCE: Final = "simulation"


class OtherDataError(ValueError):
    """The lake or its database has data that this history did not write."""


@dataclass(frozen=True, slots=True)
class WrittenDay:
    """The result of one day: rows by raw table, late rows of the day before included."""

    day: date
    rows: Counter[str]
    late: Counter[str]
    quarantined: Counter[tuple[str, str]]
    """By raw table and rule: what the promotion must quarantine of the rows of this day."""


class HistoryWriter:
    """Writes days in order; one day at a time, of which some locations are in memory."""

    def __init__(self, lake: Lake, history: History) -> None:
        """Find out which days are written.

        Raises:
            OtherDataError: the lake is not empty, and not of this history.
        """
        self._lake = lake
        self._history = history
        self.days_written = _read_days_written(lake, history)
        self._late: dict[LakeTable, list[pa.Table]] = {table: [] for table in AUDIENCE_TABLES}
        if self.days_written:
            for batch in generate_day(history, history.day(self.days_written - 1)):
                self._keep_late(batch.late)

    def write_day(self, *, now: datetime) -> WrittenDay:
        """Write the next day, in one transaction.

        Raises:
            LakeConflictError: another program writes this history.
        """
        number = self.days_written
        day = self._history.day(number)
        files = {table: self._write_late(table, number) for table in AUDIENCE_TABLES}
        late = Counter({table.name: sum(file.rows for file in files[table]) for table in files})
        quarantined: Counter[tuple[str, str]] = Counter()
        self._late = {table: [] for table in AUDIENCE_TABLES}
        with ExitStack() as stack:
            writers = {
                table: stack.enter_context(open_staged(self._lake.storage, table))
                for table in AUDIENCE_TABLES
            }
            for batch in generate_day(self._history, day):
                quarantined += batch.quarantined
                self._keep_late(batch.late)
                for table, rows in batch.on_time.items():
                    writers[table].write(rows)
            for table, writer in writers.items():
                staged = writer.complete()
                if staged.rows:
                    files[table].append(publish_staged(self._lake.storage, table, day, staged))
        append_files(self._lake, list(files.items()), now=now, meanwhile=self._move_position)
        self.days_written = number + 1
        rows = Counter({table.name: sum(file.rows for file in files[table]) for table in files})
        return WrittenDay(day, rows, late, quarantined)

    def _keep_late(self, late: Mapping[LakeTable, pa.Table]) -> None:
        for table, rows in late.items():
            self._late[table].append(rows)

    def _write_late(self, table: LakeTable, number: int) -> list[DataFile]:
        """The late rows of the day before as a file, if there are any."""
        rows = pa.concat_tables(self._late[table]) if self._late[table] else None
        if not rows:
            return []
        return [write_file(self._lake.storage, table, self._history.day(number - 1), rows)]

    def _move_position(self, connection: Connection) -> None:
        write_position(
            connection, RAW_REPORTS.full_name, _source(self._history), self.days_written + 1,
            before=self.days_written,
        )  # fmt: skip


def _source(history: History) -> str:
    return f"{SOURCE} {history.digest}"


def _read_days_written(lake: Lake, history: History) -> int:
    require_own_files(lake)
    with reading(lake.engine) as connection:
        has_reports = connection.execute(select(reports.c.id).limit(1)).first() is not None
        if has_reports or read_current(connection, LANDED_REPORTS.full_name):
            raise OtherDataError(
                "the database or the lake has reports of cameras: name another --database and "
                "another --lake"
            )
        days = read_position(connection, RAW_REPORTS.full_name, _source(history))
        if not days and connection.execute(select(lake_snapshots.c.number).limit(1)).first():
            raise OtherDataError(
                "the lake has data that a history with these options did not write: give the "
                "options of the first run, --first-on included, or another --lake and --database"
            )
    return days
