"""A history of `simulators lake` straight in the trusted zone, for benchmarks of the marts.

Without faults every raw row is trusted, so that its promotion can be left out. In dense days every
count and duration of a report is a random number of three bytes, so that files compress badly, and
the rest is that of the first day. Their sums and shares mean nothing; the work of reading and
adding them is real.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cloud.lake.lake import Lake
from cloud.lake.raw.audience import AUDIENCE_TABLES, RAW_REPORTS
from cloud.lake.tables import TIMESTAMP, LakeTable
from cloud.lake.trusted.tables import TRUSTED_TABLES
from cloud.lake.writer import append_files, open_staged, publish_staged
from simulators.lake.day_rows import generate_day
from simulators.lake.history import History

Rows = Mapping[LakeTable, pa.Table]
"""Rows by the raw table that has their columns."""
TARGETS: Final[Mapping[LakeTable, LakeTable]] = {
    raw: trusted
    for raw in AUDIENCE_TABLES
    for trusted in TRUSTED_TABLES
    if raw.name == trusted.name
}
DRAWN: Final = tuple(
    field.name
    for field in RAW_REPORTS.schema
    if field.type == pa.int64() and not field.name.endswith("_sequence")
)
"""Columns of dense reports that are drawn anew."""
GREATEST: Final = 1 << 24
"""Three bytes of each drawn number cannot be compressed."""


def write_trusted_day(lake: Lake, history: History, day: date, *, now: datetime) -> int:
    """Commit the rows of a day; returns the number of its reports."""
    assert not history.has_faults, "faults would have to be promoted"
    batches = (batch.on_time for batch in generate_day(history, day))
    return _write(lake, day, batches, now)


def write_dense_days(
    lake: Lake, history: History, days: Sequence[date], *, now: datetime
) -> Iterator[int]:
    """Commit the rows of the first day on each day with numbers drawn anew; yields the reports."""
    if not days:
        return
    batches = [batch.on_time for batch in generate_day(history, days[0])]
    for day in days:
        rng = np.random.default_rng((history.seed, day.toordinal()))
        yield _write(lake, day, (_draw(batch, day - days[0], rng) for batch in batches), now)


def _write(lake: Lake, day: date, batches: Iterable[Rows], now: datetime) -> int:
    with ExitStack() as stack:
        writers = {
            raw: stack.enter_context(open_staged(lake.storage, trusted))
            for raw, trusted in TARGETS.items()
        }
        for batch in batches:
            for raw, rows in batch.items():
                writers[raw].write(rows)
        staged = {raw: writer.complete() for raw, writer in writers.items()}
        files = [
            (TARGETS[raw], [publish_staged(lake.storage, TARGETS[raw], day, file)])
            for raw, file in staged.items()
            if file.rows
        ]
    append_files(lake, files, now=now)
    return staged[RAW_REPORTS].rows


def _draw(batch: Rows, later: timedelta, rng: np.random.Generator) -> Rows:
    """The rows of a batch so much later, and their reports with other numbers."""
    moved = {table: _move(rows, later) for table, rows in batch.items()}
    reports = moved[RAW_REPORTS]
    for name in DRAWN:
        drawn = pa.array(rng.integers(0, GREATEST, len(reports)))
        reports = _replace(reports, name, drawn)
    return moved | {RAW_REPORTS: reports}


def _move(rows: pa.Table, later: timedelta) -> pa.Table:
    for name in [field.name for field in rows.schema if field.type == TIMESTAMP]:
        rows = _replace(rows, name, pc.add(rows.column(name), pa.scalar(later, pa.duration("us"))))
    return rows


def _replace(rows: pa.Table, name: str, values: Any) -> pa.Table:
    return rows.set_column(rows.column_names.index(name), rows.schema.field(name), values)
