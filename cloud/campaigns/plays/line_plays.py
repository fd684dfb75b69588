"""The logged plays of an order line: those that name it, and those of its creatives in its flight.

A play of a creative that several lines of the screen have at that time is listed for each of them;
how many of them each is paid for: `cloud/campaigns/attribution.py`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from sqlalchemy import Connection, and_, func, or_, select

from cloud.campaigns.tables import logged_plays


@dataclass(frozen=True, slots=True)
class LinePlay:
    """One play by a log; the start has the offset of the log's clock."""

    ref: str
    creative: str
    started_at: datetime
    duration: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFlight:
    """Where and when the creatives of a line are shown."""

    line_id: str
    locations: Collection[str]
    creatives: Collection[str]
    starts_at: datetime
    ends_at: datetime


def list_line_plays(
    connection: Connection, flight: LineFlight, *, offset: int, count: int
) -> tuple[Sequence[LinePlay], int]:
    """A page of the plays of a line in their order, and how many there are."""
    columns = logged_plays.c
    wanted = and_(
        columns.location.in_(sorted(flight.locations)),
        columns.started_at >= flight.starts_at,
        columns.started_at < flight.ends_at,
        or_(
            columns.line == flight.line_id,
            and_(columns.line == "", columns.creative.in_(sorted(flight.creatives))),
        ),
    )
    total = connection.execute(select(func.count()).where(wanted)).scalar_one()
    page = select(logged_plays).where(wanted).order_by(columns.started_at, columns.id)
    rows = connection.execute(page.offset(offset).limit(count))
    plays = [
        LinePlay(
            row.play_ref or row.play_key,
            row.creative,
            row.started_at.astimezone(timezone(timedelta(minutes=row.offset_minutes))),
            None if row.duration_ms is None else timedelta(milliseconds=row.duration_ms),
        )
        for row in rows
    ]
    return plays, total
