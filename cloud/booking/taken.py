"""Positions that are taken here, as quotes and avails count them: without expired holds."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from cloud.booking.sale_limits import round_down_to_hour_s
from cloud.database import total
from cloud.database.bookings import booking_ledger, booking_slots, booking_takes
from cloud.sites.site_model import Site


def read_taken(
    connection: Connection, site: Site, since_at: datetime, now: datetime
) -> Mapping[int, int]:
    """The positions of a site's slots that lines and holds have, by the second of the start.

    Slots of which none is taken are left out.
    """
    slots = booking_slots.c
    since_s = round_down_to_hour_s(since_at)
    wanted = select(slots.hour_at, slots.used).where(
        slots.location.in_(site.ids), slots.hour_at >= since_s, slots.used > 0
    )
    taken: Counter[int] = Counter()
    for hour_at, used in connection.execute(wanted):
        taken[hour_at] += used
    return taken - _read_expired(connection, site, since_s, now) if taken else taken


def _read_expired(connection: Connection, site: Site, since_s: int, now: datetime) -> Counter[int]:
    """What expired holds still have in the ledger: it is given back by the sweep."""
    rows, takes = booking_ledger.c, booking_takes.c
    wanted = (
        select(rows.hour_at, total(rows.positions))
        .join(booking_takes, takes.line_id == rows.line_id)
        .where(takes.until_at <= now, rows.location.in_(site.ids), rows.hour_at >= since_s)
        .group_by(rows.hour_at)
    )
    return Counter({row[0]: row[1] for row in connection.execute(wanted)})
