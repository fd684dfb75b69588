"""Why slots have fewer free positions than were asked for."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection

from cloud.booking.capacity_rows import SlotRow, read_ledger, read_short
from cloud.booking.sale_limits import SaleLimit
from cloud.booking.slots import AvailReason, ShortSlot
from cloud.booking.takes import TakeState, read_takes

Key = tuple[str, int]


def find_short(
    connection: Connection, rows: Sequence[SlotRow], limits: Sequence[SaleLimit]
) -> tuple[ShortSlot, ...]:
    """The slots with fewer free positions than their row asks for, with the reasons."""
    free = read_short(connection, rows)
    if not free:
        return ()
    reasons = {(one.location, one.starts_at_s): one.reason for one in limits}
    short = [row for row in rows if row[:2] in free]
    held = count_held(connection, short)
    return tuple(
        ShortSlot(
            *row[:2],
            free[row[:2]],
            reasons[row[:2]] or explain_short(row[2], free[row[:2]], held[row[:2]]),
        )
        for row in short
    )


def count_held(connection: Connection, rows: Sequence[SlotRow]) -> Counter[Key]:
    """The positions of each slot that belong to holds."""
    ledger = read_ledger(connection, rows)
    takes = read_takes(connection, sorted({row.line_id for row in ledger}))
    held: Counter[Key] = Counter()
    for row in ledger:
        if takes[row.line_id].state is TakeState.HELD:
            held[row.location, row.starts_at_s] += row.positions
    return held


def explain_short(wanted: int, free: int, held: int) -> AvailReason:
    """Optioned where holds that may expire have the missing positions, otherwise booked."""
    return AvailReason.OPTIONED if free + held >= wanted else AvailReason.BOOKED
