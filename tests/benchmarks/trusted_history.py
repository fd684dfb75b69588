"""A history of `simulators lake` straight in the trusted zone, for benchmarks of the marts.

Without faults every raw row is trusted, so that its promotion can be left out. Reports can be made
dense: every count and time is a random number of three bytes, so that files compress badly. Their
sums and shares mean nothing; only the work of reading and adding them is real.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import date, datetime
from typing import Final

import numpy as np
import pyarrow as pa

from cloud.lake.lake import Lake
from cloud.lake.raw.audience import AUDIENCE_TABLES, RAW_REPORTS
from cloud.lake.tables import LakeTable
from cloud.lake.trusted.tables import TRUSTED_TABLES
from cloud.lake.writer import append_files, open_staged, publish_staged
from simulators.lake.day_rows import generate_day
from simulators.lake.history import History

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


def write_trusted_day(
    lake: Lake, history: History, day: date, *, is_dense: bool, now: datetime
) -> int:
    """Commit the rows of a day; returns the number of its reports."""
    assert not history.has_faults, "faults would have to be promoted"
    rng = np.random.default_rng((history.seed, day.toordinal()))
    with ExitStack() as stack:
        writers = {
            raw: stack.enter_context(open_staged(lake.storage, trusted))
            for raw, trusted in TARGETS.items()
        }
        for batch in generate_day(history, day):
            for raw, rows in batch.on_time.items():
                is_drawn = is_dense and raw is RAW_REPORTS
                writers[raw].write(_draw(rows, rng) if is_drawn else rows)
        staged = {raw: writer.complete() for raw, writer in writers.items()}
        files = [
            (TARGETS[raw], [publish_staged(lake.storage, TARGETS[raw], day, file)])
            for raw, file in staged.items()
            if file.rows
        ]
    append_files(lake, files, now=now)
    return staged[RAW_REPORTS].rows


def _draw(rows: pa.Table, rng: np.random.Generator) -> pa.Table:
    for name in DRAWN:
        drawn = pa.array(rng.integers(0, GREATEST, len(rows)))
        rows = rows.set_column(rows.column_names.index(name), rows.schema.field(name), drawn)
    return rows
