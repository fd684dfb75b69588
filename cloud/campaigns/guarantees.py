"""What was promised for a line beside its booked plays: opportunities to see or attention seconds.

With `measured_only` the audience of plays that no camera observed does not count towards it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, select

from cloud.auth import audit
from cloud.campaigns.tables import line_guarantees
from cloud.database import insert

AT_ONCE: Final = 400
ACTION: Final = "line.guarantee"


class Metric(StrEnum):
    """What delivery is measured in."""

    PLAYS = "plays"
    OTS = "ots"
    ATTENTION = "attention_s"


@dataclass(frozen=True, slots=True)
class Guarantee:
    """The amount that a line was promised."""

    metric: Metric
    amount: int
    measured_only: bool


def read_guarantees(connection: Connection, line_ids: Iterable[str]) -> Mapping[str, Guarantee]:
    """The guarantees of those lines that have one."""
    every, found = sorted(set(line_ids)), {}
    columns = line_guarantees.c
    for start in range(0, len(every), AT_ONCE):
        query = select(line_guarantees).where(columns.line_id.in_(every[start : start + AT_ONCE]))
        for row in connection.execute(query):
            found[row.line_id] = Guarantee(Metric(row.metric), row.amount, row.measured_only)
    return found


def set_guarantee(
    connection: Connection, line_id: str, guarantee: Guarantee, *, by: str, now: datetime
) -> None:
    """Store the guarantee of a line in place of an earlier one."""
    values = {
        "metric": guarantee.metric.value,
        "amount": guarantee.amount,
        "measured_only": guarantee.measured_only,
    }
    into = insert(connection.dialect.name, line_guarantees)
    names = (*values, "set_at", "set_by")
    connection.execute(
        into.values(line_id=line_id, set_at=now, set_by=by[:120], **values).on_conflict_do_update(
            index_elements=["line_id"], set_={name: into.excluded[name] for name in names}
        )
    )
    audit.record_change(
        connection, at=now, actor=by[:120], action=ACTION, about=line_id, details=values
    )
