"""Rows that could not be promoted, each with the rule that it breaks and its content."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import pyarrow as pa

from cloud.lake.tables import DAY, LakeColumn, LakeTable, Zone

MAX_CONTENT: Final = 65_536
"""Characters of a row that are kept: more than any report has."""

QUARANTINE: Final = LakeTable(
    Zone.LANDING,
    "quarantine",
    (
        LakeColumn("table_name", pa.string(), "table that the row was to be promoted to"),
        LakeColumn("source_id", pa.int64(), "number of the row in its source"),
        LakeColumn("rule", pa.string(), "rule that it breaks"),
        LakeColumn("reason", pa.string(), "what was found and what was expected"),
        LakeColumn("content", pa.string(), "the row as it was received"),
    ),
    sort_by=("table_name", "source_id"),
)


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """One row and why it is not promoted."""

    table_name: str
    source_id: int
    day: date
    rule: str
    reason: str
    content: str


def to_table(rows: Sequence[QuarantinedRow]) -> pa.Table:
    """The rows as `QUARANTINE` takes them."""
    return pa.table(
        {
            DAY: pa.array([row.day for row in rows], pa.date32()),
            "table_name": pa.array([row.table_name for row in rows], pa.string()),
            "source_id": pa.array([row.source_id for row in rows], pa.int64()),
            "rule": pa.array([row.rule for row in rows], pa.string()),
            "reason": pa.array([row.reason for row in rows], pa.string()),
            "content": pa.array([row.content[:MAX_CONTENT] for row in rows], pa.string()),
        }
    )
