"""Give positions back: of one line, of expired holds at some slots, of every expired hold."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from cloud.booking.capacity_rows import (
    SlotRow,
    delete_positions,
    find_expired_lines,
    lock_slots,
    subtract_used,
)
from cloud.booking.takes import TakeState, end_take, lock_expired, mark_expired, select_expired
from cloud.database.bookings import booking_ledger, booking_takes

MAX_SWEPT: Final = 200
"""Lines of one sweep, so that its transaction is short."""


def read_line_rows(
    connection: Connection, line_id: str, from_s: int | None = None
) -> list[SlotRow]:
    """What a line has, in the order of slots."""
    columns = booking_ledger.c
    wanted = select(columns.location, columns.hour_at, columns.positions)
    wanted = wanted.where(columns.line_id == line_id)
    if from_s is not None:
        wanted = wanted.where(columns.hour_at >= from_s)
    rows = connection.execute(wanted.order_by(columns.location, columns.hour_at))
    return [(row[0], row[1], row[2]) for row in rows]


def give_back(
    connection: Connection, line_id: str, state: TakeState, *, from_s: int | None = None
) -> list[SlotRow]:
    """Give back what a line has of slots from a second on, or of all; returns those positions.

    A line that has nothing left gets the state.
    """
    rows = read_line_rows(connection, line_id, from_s)
    lock_slots(connection, rows)
    returned = delete_positions(connection, line_id, rows) if rows else []
    subtract_used(connection, returned)
    if from_s is None or not read_line_rows(connection, line_id):
        end_take(connection, line_id, state)
    return sorted(returned)


def expire_holds_at(connection: Connection, rows: Sequence[SlotRow], now: datetime) -> None:
    """Give back what expired holds have at these slots, which are locked.

    What they have elsewhere is left to the sweep, or to the next demand there.
    """
    lines = find_expired_lines(connection, rows, now)
    for line_id in lock_expired(connection, lines, now) if lines else ():
        subtract_used(connection, delete_positions(connection, line_id, rows))
        mark_expired(connection, line_id)


def sweep_expired(connection: Connection, now: datetime) -> list[str]:
    """Give back everything of expired holds, of at most `MAX_SWEPT` lines; returns their ids."""
    takes = booking_takes.c
    wanted = select(takes.line_id).where(takes.until_at <= now).order_by(takes.line_id)
    wanted = wanted.limit(MAX_SWEPT)
    return expire_lines(connection, connection.execute(wanted).scalars().all(), now)


def expire_lines(connection: Connection, line_ids: Iterable[str], now: datetime) -> list[str]:
    """Give back everything of those lines whose hold has expired; returns their ids."""
    found = select_expired(connection, line_ids, now)
    every = {line_id: read_line_rows(connection, line_id) for line_id in found}
    if not every:
        return []
    lock_slots(connection, {row[:2]: row for rows in every.values() for row in rows}.values())
    expired = lock_expired(connection, found, now)
    for line_id in expired:
        rows = every[line_id]
        subtract_used(connection, delete_positions(connection, line_id, rows) if rows else [])
        end_take(connection, line_id, TakeState.EXPIRED)
    return expired
