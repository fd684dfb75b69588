"""Displace pre-emptible lines where a guaranteed or exclusive line needs their positions.

A displaced line loses all its hours that have not begun: a line with single hours missing is not
what was sold. Few lines are displaced: those with most of the missing positions first, of these
the newest.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from cloud.booking.capacity import lock_demand, take_free, take_locked
from cloud.booking.capacity_rows import LedgerRow, SlotRow, read_ledger, read_short
from cloud.booking.returns import expire_holds_at, give_back
from cloud.booking.sale_limits import first_open_s
from cloud.booking.slots import DeliveryType, SlotDemand
from cloud.booking.takes import TAKEN, Take, TakeState, read_takes
from cloud.sites.sites import Sites

MAY_DISPLACE = frozenset({DeliveryType.EXCLUSIVE, DeliveryType.GUARANTEED})


@dataclass(frozen=True, slots=True)
class DisplacedLine:
    """A line that lost its positions to another one, and the slots that it lost."""

    line_id: str
    account: str | None
    slots: tuple[SlotDemand, ...]


def take_or_displace(
    connection: Connection, sites: Sites, demand: Iterable[SlotDemand], asked: Take
) -> tuple[DisplacedLine, ...]:
    """Take positions for a line, and displace others until the demand fits; returns these.

    Nothing is displaced where the demand fits already, where displacing every pre-emptible line
    would not make room, or for a delivery type that may not displace.

    Raises:
        NotAvailableError, SlotDemandError: as `take`.
    """
    now = asked.taken_at
    rows, limits = lock_demand(connection, sites, demand, delivery=asked.delivery, now=now)
    if take_free(connection, rows, asked):
        return ()
    expire_holds_at(connection, rows, now)
    may_displace = asked.delivery in MAY_DISPLACE
    displaced = _displace_for(connection, rows, now) if may_displace else ()
    take_locked(connection, rows, limits, asked)
    return displaced


def _displace_for(
    connection: Connection, rows: Sequence[SlotRow], now: datetime
) -> tuple[DisplacedLine, ...]:
    free = read_short(connection, rows)
    missing = Counter({row[:2]: row[2] - free[row[:2]] for row in rows if row[:2] in free})
    if not missing:
        return ()
    ledger = read_ledger(connection, [row for row in rows if row[:2] in missing])
    takes = read_takes(connection, sorted({row.line_id for row in ledger}))
    chosen = choose_lines(missing, ledger, takes)
    return tuple(_displace(connection, takes[line_id], now) for line_id in chosen)


def choose_lines(
    missing: Counter[tuple[str, int]], ledger: Iterable[LedgerRow], takes: dict[str, Take]
) -> list[str]:
    """The lines whose positions make up for the missing ones; empty where they cannot."""
    rows: dict[str, Counter[tuple[str, int]]] = {}
    for row in ledger:
        found = takes[row.line_id]
        if found.delivery is DeliveryType.PREEMPTIBLE and found.state in TAKEN:
            rows.setdefault(row.line_id, Counter())[row.location, row.starts_at_s] = row.positions
    chosen: list[str] = []
    left = +missing
    while left:
        best = max(rows, key=lambda line: ((rows[line] & left).total(), takes[line].taken_at, line),
                   default=None)  # fmt: skip
        if best is None or not rows[best] & left:
            return []
        left = left - rows.pop(best)
        chosen.append(best)
    return chosen


def _displace(connection: Connection, displaced: Take, now: datetime) -> DisplacedLine:
    lost: list[SlotRow] = give_back(
        connection, displaced.line_id, TakeState.DISPLACED, from_s=first_open_s(now)
    )
    slots = tuple(SlotDemand(*row) for row in lost)
    return DisplacedLine(displaced.line_id, displaced.account, slots)
