"""Compare ledger, slots, holds and order lines, and the slots with the sites file.

Findings are faults of the data. Oversold slots are none: they arise where a sites file has fewer
positions than were taken, or where another sales system has booked what was taken here.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, select

from cloud.booking.holds import BookingHoldState
from cloud.booking.order_line import HOUR_S, SOLD, BookingStatus
from cloud.booking.order_store import read_newest
from cloud.booking.sale_limits import find_site
from cloud.booking.takes import TAKEN, TakeState
from cloud.database import EPOCH
from cloud.database.bookings import booking_ledger, booking_slots, booking_takes, slot_occupancy
from cloud.database.holds import booking_holds
from cloud.database.orders import decode_runs
from cloud.sites.sites import Sites

Key = tuple[str, int]
RESERVED: Final = frozenset({BookingStatus.RESERVED, BookingStatus.PENDING_BOOKING})
MOST_NAMED: Final = 200


@dataclass(frozen=True, slots=True)
class BookingReport:
    """How many slots, lines and holds were compared, and what was found."""

    slots: int
    lines: int
    holds: int
    findings: tuple[str, ...]
    oversold: tuple[str, ...]


def verify_bookings(connection: Connection, sites: Sites, now: datetime) -> BookingReport:
    """Compare every table of bookings."""
    slots = {
        (row.location, row.hour_at): (row.used, row.capacity)
        for row in connection.execute(select(booking_slots))
    }
    ledger: dict[str, dict[Key, int]] = defaultdict(dict)
    for row in connection.execute(select(booking_ledger)):
        ledger[row.line_id][row.location, row.hour_at] = row.positions
    takes = {row.line_id: row for row in connection.execute(select(booking_takes))}
    holds = {row.id: row for row in connection.execute(select(booking_holds))}
    findings = (
        *_compare_slots(slots, ledger),
        *_compare_takes(takes, ledger),
        *_compare_holds(holds, takes, now),
        *_compare_lines(connection, takes, ledger),
    )
    oversold = tuple(_find_oversold(connection, sites, slots, now))
    return BookingReport(len(slots), len(takes), len(holds), findings[:MOST_NAMED], oversold)


def _compare_slots(
    slots: Mapping[Key, tuple[int, int]], ledger: Mapping[str, Mapping[Key, int]]
) -> Iterator[str]:
    sums: dict[Key, int] = defaultdict(int)
    for rows in ledger.values():
        for key, positions in rows.items():
            sums[key] += positions
    for key in sorted(slots.keys() | sums.keys()):
        used, capacity = slots.get(key, (0, 0))
        if used != sums[key]:
            yield f"{_name(key)}: {used} positions are used, the ledger has {sums[key]}"
        if not 0 <= used <= capacity:
            yield f"{_name(key)}: {used} positions are used of {capacity}"


def _compare_takes(
    takes: Mapping[str, Any], ledger: Mapping[str, Mapping[Key, int]]
) -> Iterator[str]:
    for line_id in sorted(ledger):
        take = takes.get(line_id)
        state = None if take is None else TakeState(take.state)
        is_unswept = take is not None and take.until_at is not None
        if state not in TAKEN and not is_unswept:
            yield f"line {line_id}: its state is {state}, and the ledger has positions of it"


def _compare_holds(
    holds: Mapping[str, Any], takes: Mapping[str, Any], now: datetime
) -> Iterator[str]:
    for name, hold in sorted(holds.items()):
        if hold.state != BookingHoldState.HELD or hold.expires_at <= now:
            continue
        take = takes.get(name)
        if take is None or take.state != TakeState.HELD or take.until_at != hold.expires_at:
            yield f"hold {name}: it ends at {hold.expires_at.isoformat()}, its positions do not"


def _compare_lines(
    connection: Connection, takes: Mapping[str, Any], ledger: Mapping[str, Mapping[Key, int]]
) -> Iterator[str]:
    """Lines of orders that took their positions here; those of a loaded file did not."""
    for line_id, line in sorted(read_newest(connection, "line_id", takes).items()):
        status, state = BookingStatus(line.booking_status), TakeState(takes[line_id].state)
        if status in SOLD and state is not TakeState.CONFIRMED and ledger.get(line_id):
            yield f"line {line_id}: it is {status}, its positions are {state}"
        if status in RESERVED and state not in TAKEN and takes[line_id].until_at is None:
            yield f"line {line_id}: it is {status}, its positions are {state}"
        if status not in SOLD | RESERVED and state in TAKEN and ledger.get(line_id):
            yield f"line {line_id}: it is {status}, its positions are still {state}"
        if status in SOLD and state is TakeState.CONFIRMED:
            yield from _compare_slots_of_line(line, ledger.get(line_id, {}))


def _compare_slots_of_line(line: Any, rows: Mapping[Key, int]) -> Iterator[str]:
    booked = {
        (line.location, run.starts_at + number * HOUR_S): run.positions
        for run in decode_runs(line.slots)
        if run.positions
        for number in range(run.hours)
    }
    different = sorted(
        key for key in booked.keys() | rows.keys() if booked.get(key) != rows.get(key)
    )
    if different:
        first = different[0]
        yield (
            f"line {line.line_id}: {len(different)} slots differ from the ledger, first "
            f"{_name(first)}: the line has {booked.get(first, 0)} positions, the ledger "
            f"{rows.get(first, 0)}"
        )


def _find_oversold(
    connection: Connection, sites: Sites, slots: Mapping[Key, tuple[int, int]], now: datetime
) -> Iterator[str]:
    """Slots to come of which more is taken than there is."""
    columns = slot_occupancy.c
    now_s = int((now - EPOCH).total_seconds())
    wanted = select(slot_occupancy).where(columns.hour_at >= now_s, columns.booked > 0)
    outside = {(row.location, row.hour_at): row.booked for row in connection.execute(wanted)}
    for key, (used, _) in sorted(slots.items()):
        site = find_site(sites, key[0])
        positions = site.loop.positions if site else 0
        free = positions - outside.get(key, 0)
        if used > max(0, free) and key[1] >= now_s:
            yield (
                f"{_name(key)}: {used} positions are taken here and {outside.get(key, 0)} "
                f"elsewhere, the sites file has {positions}: move or cancel lines"
            )


def _name(key: Key) -> str:
    return f"{key[0]} at {EPOCH + timedelta(seconds=key[1]):%Y-%m-%dT%H:%MZ}"
