"""What the tests of capacity share: screens, hours, demands, and the sums of both tables."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec
from sqlalchemy import Connection, select

from cloud.booking.slots import SlotDemand
from cloud.database.bookings import booking_ledger, booking_slots
from cloud.sites.site_model import Loop
from cloud.sites.sites import Sites
from tests.cloud.rates import sites

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
EIGHT_S = int(datetime(2026, 11, 23, 8, tzinfo=UTC).timestamp())
HOUR = timedelta(hours=1)
SITES = sites()
"""Each screen has six positions."""


def demand(
    hours: int | Iterable[int], positions: int = 1, *, at: str = "KX-01"
) -> list[SlotDemand]:
    some = [hours] if isinstance(hours, int) else hours
    return [SlotDemand(at, EIGHT_S + 3600 * hour, positions) for hour in some]


def used(connection: Connection, *, at: str = "KX-01") -> dict[int, int]:
    """Positions that are used, by hours after the first slot."""
    columns = booking_slots.c
    rows = connection.execute(select(columns.hour_at, columns.used).where(columns.location == at))
    return {(hour_at - EIGHT_S) // 3600: count for hour_at, count in rows}


def ledger_sums(connection: Connection) -> dict[tuple[str, int], int]:
    sums: dict[tuple[str, int], int] = {}
    for row in connection.execute(select(booking_ledger)):
        key = row.location, row.hour_at
        sums[key] = sums.get(key, 0) + row.positions
    return sums


def slot_sums(connection: Connection) -> dict[tuple[str, int], int]:
    rows = connection.execute(select(booking_slots).where(booking_slots.c.used > 0))
    return {(row.location, row.hour_at): row.used for row in rows}


def with_positions(positions: int, *, location: str = "KX-01") -> Sites:
    """The sites, where one screen has another number of positions."""
    loop = Loop(length_s=60, spot_s=60 // positions)
    return Sites(
        tuple(
            msgspec.structs.replace(one, loop=loop) if one.id == location else one for one in SITES
        )
    )


def read_free(
    connection: Connection, rows: Iterable[tuple[str, int, int]]
) -> dict[tuple[str, int], int]:
    """The free positions of slots that were asked for before."""
    found = connection.execute(select(booking_slots)).all()
    asked = {row[:2] for row in rows}
    return {
        (row.location, row.hour_at): row.capacity - row.used
        for row in found
        if (row.location, row.hour_at) in asked
    }
