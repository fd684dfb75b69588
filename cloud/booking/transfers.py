"""Move what one line holds to other lines, as from a hold to the lines of an order.

Nothing is taken again, so a blackout or a smaller loop that came later does not end it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from cloud.booking.capacity_rows import SlotRow, delete_positions, enter_positions, lock_slots
from cloud.booking.returns import read_line_rows
from cloud.booking.sale_limits import find_site
from cloud.booking.slots import SlotDemand
from cloud.booking.takes import Take, TakeState, change_held, read_takes, store_take
from cloud.sites.sites import Sites


def transfer(
    connection: Connection, from_id: str, line_id: str, *, until: datetime | None, now: datetime
) -> None:
    """Move everything that one line holds to another; raises NotHeldError."""
    before, moved = _end_held(connection, from_id, now)
    _enter_moved(connection, before, line_id, moved, until=until, now=now)


def divide(
    connection: Connection,
    sites: Sites,
    from_id: str,
    lines: Mapping[str, Iterable[SlotDemand]],
    *,
    until: datetime | None,
    now: datetime,
) -> None:
    """The same to several lines, by the slots of each; raises NotHeldError."""
    before, moved = _end_held(connection, from_id, now)
    owners = {
        (_present_id(sites, one.location), one.starts_at_s): line_id
        for line_id, demand in lines.items()
        for one in demand
    }
    rows: dict[str, list[SlotRow]] = {}
    for row in moved:
        rows.setdefault(owners[_present_id(sites, row[0]), row[1]], []).append(row)
    for line_id, some in rows.items():
        _enter_moved(connection, before, line_id, some, until=until, now=now)


def _end_held(connection: Connection, line_id: str, now: datetime) -> tuple[Take, list[SlotRow]]:
    """What a line holds, which is deleted; its slots stay used."""
    rows = read_line_rows(connection, line_id)
    lock_slots(connection, rows)
    change_held(connection, line_id, now, state=TakeState.RELEASED, until=None)
    before = read_takes(connection, [line_id])[line_id]
    return before, sorted(delete_positions(connection, line_id, rows))


def _enter_moved(
    connection: Connection,
    before: Take,
    line_id: str,
    rows: Sequence[SlotRow],
    *,
    until: datetime | None,
    now: datetime,
) -> None:
    state = TakeState.CONFIRMED if until is None else TakeState.HELD
    store_take(connection, Take(line_id, before.account, before.delivery, state, until, now))
    enter_positions(connection, line_id, rows)


def _present_id(sites: Sites, location: str) -> str:
    site = find_site(sites, location)
    return location if site is None else site.id
