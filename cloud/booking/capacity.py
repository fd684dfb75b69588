"""Take, release, confirm and extend positions of slots, in the transaction of the caller.

A slot is created at its first demand, with the capacity that the sites file, the bookings of other
sales systems and blackouts leave. Positions are added where `used + n <= capacity` only; if one
slot of a demand has too few, nothing is taken. An expired hold no longer counts: where a demand
lacks positions, those of expired holds at its slots are given back first, in the same transaction.

Locks are taken in the order of slots, then of lines. A transaction that calls several of these
functions may still deadlock with another on PostgreSQL: run it with `run_booking`. Write its entry
in the audit log last.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from cloud.booking.capacity_rows import (
    SlotRow,
    add_used,
    delete_positions,
    enter_positions,
    lock_slots,
    subtract_used,
    sync_slots,
)
from cloud.booking.renamed_slots import move_renamed_slots
from cloud.booking.returns import expire_holds_at, expire_lines, give_back, read_line_rows
from cloud.booking.sale_limits import SaleLimit, find_sites, read_sale_limits
from cloud.booking.shortage import find_short
from cloud.booking.slots import (
    INVALID,
    DeliveryType,
    NotAvailableError,
    ShortSlot,
    SlotDemand,
    check_demand,
)
from cloud.booking.takes import (
    Take,
    TakeState,
    change_held,
    insert_take,
    store_take,
)
from cloud.sites.sites import Sites


def take(
    connection: Connection,
    sites: Sites,
    demand: Iterable[SlotDemand],
    *,
    line_id: str,
    until: datetime | None,
    now: datetime,
    account: str | None = None,
    delivery: DeliveryType = DeliveryType.GUARANTEED,
) -> None:
    """Take positions for a line until a moment, or for good with None.

    They are added to what the line has. An exclusive line takes the whole loop of each slot.

    Raises:
        NotAvailableError: a slot has too few free positions; it names every such slot.
        SlotDemandError: the demand is empty, too large, or names a slot twice.
    """
    rows, limits = lock_demand(connection, sites, demand, delivery=delivery, now=now)
    state = TakeState.CONFIRMED if until is None else TakeState.HELD
    asked = Take(line_id, account, delivery, state, until, now)
    if not take_free(connection, rows, asked):
        expire_holds_at(connection, rows, now)
        take_locked(connection, rows, limits, asked)


def take_locked(
    connection: Connection, rows: Sequence[SlotRow], limits: Sequence[SaleLimit], asked: Take
) -> None:
    """Take the positions of slots that `lock_demand` has locked; raises NotAvailableError."""
    if not take_free(connection, rows, asked):
        raise NotAvailableError(find_short(connection, rows, limits))


def take_free(connection: Connection, rows: Sequence[SlotRow], asked: Take) -> bool:
    """The same, but return whether every slot had enough free positions.

    Positions of expired holds count as taken: give them back where this returns False.
    """
    if not add_used(connection, rows):
        return False
    is_new = insert_take(connection, asked)
    if not is_new:
        expire_lines(connection, [asked.line_id], asked.taken_at)
        store_take(connection, asked)
    enter_positions(connection, asked.line_id, rows, is_new=is_new)
    return True


def keep(connection: Connection, line_id: str, demand: Iterable[SlotDemand], from_s: int) -> None:
    """Give back what a line has beyond a demand, in slots from a second on.

    What it keeps is not taken again: a blackout or a smaller loop does not end it.
    """
    wanted = {one.starts_at_s: one.positions for one in demand}
    rows = read_line_rows(connection, line_id, from_s)
    lock_slots(connection, rows)
    beyond = [row for row in rows if row[2] > wanted.get(row[1], 0)]
    returned = sorted(delete_positions(connection, line_id, beyond)) if beyond else []
    kept = [(*row[:2], wanted[row[1]]) for row in returned if wanted.get(row[1])]
    if kept:
        enter_positions(connection, line_id, kept)
    subtract_used(connection, [(*row[:2], row[2] - wanted.get(row[1], 0)) for row in returned])


def release(connection: Connection, line_id: str, *, from_s: int | None = None) -> int:
    """Give back the positions of a line, of slots from a second on or of all.

    Returns how many positions that were; 0 for a line without any.
    """
    returned = give_back(connection, line_id, TakeState.RELEASED, from_s=from_s)
    return sum(row[2] for row in returned)


def confirm(connection: Connection, line_id: str, *, now: datetime) -> None:
    """Make a hold permanent; a confirmed line stays so. Raises NotHeldError."""
    change_held(connection, line_id, now, state=TakeState.CONFIRMED, until=None)


def extend(connection: Connection, line_id: str, *, until: datetime, now: datetime) -> None:
    """Let a hold expire at another moment. Raises NotHeldError."""
    change_held(connection, line_id, now, state=TakeState.HELD, until=until)


def lock_demand(
    connection: Connection,
    sites: Sites,
    demand: Iterable[SlotDemand],
    *,
    delivery: DeliveryType,
    now: datetime,
) -> tuple[list[SlotRow], list[SaleLimit]]:
    """The rows of a demand in the order of slots, locked and with their present capacity.

    Raises:
        NotAvailableError: a screen is not listed, or an hour has begun or starts no local hour.
        SlotDemandError: the demand is empty, too large, or names a slot twice.
    """
    ordered = check_demand(resolve_demand(sites, demand, delivery))
    limits = read_sale_limits(connection, sites, ordered, now)
    refused = tuple(
        ShortSlot(one.location, one.starts_at_s, 0, one.reason)
        for one in limits
        if one.reason is not None and one.reason in INVALID
    )
    if refused:
        raise NotAvailableError(refused)
    for location in sorted({one.location for one in ordered}):
        move_renamed_slots(connection, sites.location(location))
    sync_slots(connection, [(one.location, one.starts_at_s, one.positions) for one in limits])
    return [(one.location, one.starts_at_s, one.positions) for one in ordered], limits


def resolve_demand(
    sites: Sites, demand: Iterable[SlotDemand], delivery: DeliveryType
) -> Iterable[SlotDemand]:
    """The demand by the present ids of its locations; the whole loop for an exclusive line."""
    every = tuple(demand)
    listed = find_sites(sites, every)
    is_exclusive = delivery is DeliveryType.EXCLUSIVE
    for one in every:
        site = listed[one.location]
        if site is None or (site.id == one.location and not is_exclusive):
            yield one
        else:
            positions = site.loop.positions if is_exclusive else one.positions
            yield SlotDemand(site.id, one.starts_at_s, positions)
