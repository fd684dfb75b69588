"""What has changed since one last looked: places with new or late counts, for live displays.

A cursor is an instant. Consumers commit side by side, so a change may appear with an earlier
instant than one already seen; a reader therefore asks from a little before its cursor, and hears
some places twice. Hearing twice costs a redraw, missing one would cost the truth.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, select

from cloud.database import alerts, touched

OVERLAP: Final = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Touched:
    """A place where something was counted: windows that end after `since_at` have changed."""

    location: str
    changed_at: datetime
    since_at: datetime


def touched_since(
    connection: Connection, cursor: datetime, *, limit: int = 10_000
) -> list[Touched]:
    """Places that changed after the cursor, or shortly before it; the oldest change first."""
    rows = connection.execute(
        select(touched)
        .where(touched.c.changed_at > cursor - OVERLAP)
        .order_by(touched.c.changed_at)
        .limit(limit)
    )
    return [
        Touched(row.location, row.changed_at, datetime.fromtimestamp(row.minute_at, UTC))
        for row in rows
    ]


def alerts_since(connection: Connection, cursor: datetime) -> list[int]:
    """Alerts raised or cleared after the cursor, or shortly before it."""
    after = cursor - OVERLAP
    query = select(alerts.c.id).where((alerts.c.raised_at > after) | (alerts.c.cleared_at > after))
    return list(connection.execute(query.order_by(alerts.c.id)).scalars())
