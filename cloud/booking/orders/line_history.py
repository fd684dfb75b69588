"""The history of an order: what each stored version of its lines was, the oldest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from cloud.booking.order_line import BookingStatus
from cloud.database.orders import decode_runs, order_line_versions


@dataclass(frozen=True, slots=True)
class LineVersion:
    """A line as it was from `changed_at` on; the cost is that of all hours and positions."""

    line_id: str
    version: int
    changed_at: datetime
    booking_status: BookingStatus
    location: str
    starts_at: datetime
    ends_at: datetime
    positions: int
    cost_minor: int


def read_line_history(connection: Connection, order_id: str) -> Sequence[LineVersion]:
    """Every version of every line of an order, in the order in which they were stored."""
    columns = order_line_versions.c
    wanted = select(order_line_versions).where(columns.order_id == order_id).order_by(columns.id)
    return [_to_version(row) for row in connection.execute(wanted)]


def _to_version(row: Row[Any]) -> LineVersion:
    return LineVersion(
        line_id=row.line_id,
        version=row.version,
        changed_at=row.changed_at,
        booking_status=BookingStatus(row.booking_status),
        location=row.location,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        positions=row.positions,
        cost_minor=sum(
            run.price_or(row.price_minor) * run.hours * run.positions
            for run in decode_runs(row.slots)
        ),
    )
