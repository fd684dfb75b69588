"""Take, release, confirm and extend positions of slots, in the transaction of the caller.

A slot is created at its first demand, with the capacity that the sites file, the bookings of other
sales systems and blackouts leave. Positions are added where `used + n <= capacity` only; if one
slot of a demand has too few, nothing is taken. An expired hold no longer counts: its positions at
the demanded slots are given back first, in the same transaction.

Locks are taken in the order of slots, then of lines. A transaction that calls several of these
functions may still deadlock with another on PostgreSQL: run it with `run_booking`. Write its entry
in the audit log last.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from cloud.booking.capacity_rows import (
    SlotRow,
    add_used,
    delete_positions,
    enter_positions,
    lock_slots,
    sync_slots,
)
from cloud.booking.renamed_slots import move_renamed_slots
from cloud.booking.returns import expire_holds_at, expire_lines, give_back, read_line_rows
from cloud.booking.sale_limits import SaleLimit, find_site, read_sale_limits
from cloud.booking.shortage import find_short
from cloud.booking.slots import (
    INVALID,
    DeliveryType,
    NotAvailableError,
    ShortSlot,
    SlotDemand,
    check_demand,
)
from cloud.booking.takes import Take, TakeState, change_held, read_takes, store_take
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
    expire_lines(connection, [line_id], now)
    expire_holds_at(connection, rows, now)
    short = find_short(connection, rows, limits)
    if short:
        raise NotAvailableError(short)
    if add_used(connection, rows) != len(rows):
        raise RuntimeError("a locked slot has changed: the transaction must not be committed")
    state = TakeState.CONFIRMED if until is None else TakeState.HELD
    stored = Take(line_id, account, delivery, state, until, now)
    store_take(connection, stored)
    enter_positions(connection, line_id, rows)


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


def transfer(
    connection: Connection, from_id: str, line_id: str, *, until: datetime | None, now: datetime
) -> None:
    """Move everything that one line holds to another, as from a hold to a line of an order.

    Raises NotHeldError.
    """
    rows = read_line_rows(connection, from_id)
    lock_slots(connection, rows)
    change_held(connection, from_id, now, state=TakeState.RELEASED, until=None)
    before = read_takes(connection, [from_id])[from_id]
    moved = sorted(delete_positions(connection, from_id, rows))
    state = TakeState.CONFIRMED if until is None else TakeState.HELD
    store_take(connection, Take(line_id, before.account, before.delivery, state, until, now))
    enter_positions(connection, line_id, moved)


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
    is_exclusive = delivery is DeliveryType.EXCLUSIVE
    for one in demand:
        site = find_site(sites, one.location)
        if site is None:
            yield one
        else:
            positions = site.loop.positions if is_exclusive else one.positions
            yield SlotDemand(site.id, one.starts_at_s, positions)
