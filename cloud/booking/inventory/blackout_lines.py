"""The lines that have positions during a blackout: staff move or cancel them."""

from sqlalchemy import Connection, select

from cloud.booking.inventory.blackouts import Blackout
from cloud.booking.slots import HOUR_S
from cloud.database.bookings import booking_ledger


def find_lines_within(connection: Connection, blackout: Blackout) -> list[str]:
    """The ids of the lines with positions of an hour that the blackout touches, in order."""
    columns = booking_ledger.c
    wanted = (
        select(columns.line_id)
        .where(
            columns.location == blackout.location,
            columns.hour_at > int(blackout.starts_at.timestamp()) - HOUR_S,
            columns.hour_at < blackout.ends_at.timestamp(),
        )
        .distinct()
        .order_by(columns.line_id)
    )
    return list(connection.execute(wanted).scalars())
