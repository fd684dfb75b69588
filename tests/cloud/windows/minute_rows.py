"""Rows of the minutes from 09:00 on, of one location."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from cloud.database import minute_tallies

NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def insert_minute(
    connection: Connection, clock: str, device: str = "kx-01-cam-1", **sums: int
) -> None:
    """The sums of a camera in the minute that starts at `clock`, such as "9:01" UTC."""
    hour, past = clock.split(":")
    at = NINE.replace(hour=int(hour), minute=int(past))
    connection.execute(
        minute_tallies.insert().values(
            location="KX-01", device=device, minute_at=int(at.timestamp()), reports=1, **sums
        )
    )
