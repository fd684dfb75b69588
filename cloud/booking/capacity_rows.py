"""SQL over many slots at once, the same on SQLite and PostgreSQL.

Each statement joins a table with the given rows (location, second of the start, number). Rows are
given in the order of their slots, so that two transactions lock them in the same order.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Connection, CursorResult

from cloud.database import microseconds
from cloud.database.engine import write_array

SlotRow = tuple[str, int, int]
"""Location, second since 1970, and a number of positions."""


class LedgerRow(NamedTuple):
    """Positions of a line at one slot."""

    line_id: str
    location: str
    starts_at_s: int
    positions: int


_GIVEN: Final = {
    "sqlite": (
        "(SELECT json_extract(value, '$[0]') AS location, json_extract(value, '$[1]') AS hour_at, "
        "json_extract(value, '$[2]') AS positions FROM json_each(?)) AS given"
    ),
    "postgresql": (
        "unnest(%s::text[], %s::bigint[], %s::integer[]) AS given(location, hour_at, positions)"
    ),
}
_SYNC: Final = """
INSERT INTO booking_slots (location, hour_at, capacity, used)
SELECT given.location, given.hour_at, given.positions, 0 FROM :given WHERE true ORDER BY 1, 2
ON CONFLICT (location, hour_at) DO UPDATE SET capacity =
CASE WHEN excluded.capacity < booking_slots.used THEN booking_slots.used ELSE excluded.capacity END
WHERE booking_slots.capacity <> excluded.capacity
"""
_ADD: Final = """
UPDATE booking_slots SET used = used + given.positions FROM :given
WHERE booking_slots.location = given.location AND booking_slots.hour_at = given.hour_at
AND NOT EXISTS (SELECT 1 FROM :given JOIN booking_slots USING (location, hour_at)
WHERE used + given.positions > capacity)
"""
_SUBTRACT: Final = """
UPDATE booking_slots SET used = used - given.positions FROM :given
WHERE booking_slots.location = given.location AND booking_slots.hour_at = given.hour_at
"""
_FREE: Final = """
SELECT location, hour_at, capacity - used FROM :given JOIN booking_slots USING (location, hour_at)
WHERE capacity - used < given.positions
"""
_EXPIRED: Final = """
SELECT DISTINCT line_id FROM :given JOIN booking_ledger USING (location, hour_at)
JOIN booking_takes USING (line_id) WHERE until_at <= :value
"""
_LOCK: Final = """
SELECT 1 FROM :given JOIN booking_slots USING (location, hour_at)
ORDER BY location, hour_at FOR UPDATE OF booking_slots
"""
_LEDGER: Final = """
SELECT line_id, location, hour_at, booking_ledger.positions
FROM :given JOIN booking_ledger USING (location, hour_at)
"""
_OUTSIDE: Final = """
SELECT location, hour_at, booked FROM :given JOIN slot_occupancy USING (location, hour_at)
"""
_ENTER: Final = """
INSERT INTO booking_ledger (line_id, location, hour_at, positions)
SELECT takes.line_id, given.location, given.hour_at, given.positions
FROM (SELECT line_id FROM booking_takes WHERE line_id = :value) AS takes CROSS JOIN :given
WHERE true
"""
"""Nothing is entered for a line without a row in `booking_takes`."""
_ADD_TO_ENTERED: Final = f"""{_ENTER}
ON CONFLICT (line_id, location, hour_at)
DO UPDATE SET positions = booking_ledger.positions + excluded.positions
"""
_DELETE: Final = """
DELETE FROM booking_ledger WHERE line_id = CAST(:value AS TEXT)
AND (location, hour_at) IN (SELECT given.location, given.hour_at FROM :given)
RETURNING location, hour_at, positions
"""


def sync_slots(connection: Connection, rows: Sequence[SlotRow]) -> None:
    """Create the slots, or set their capacity to the given one, but never below what is used.

    Every row is locked until the transaction ends.
    """
    _run(connection, _SYNC, rows)


def add_used(connection: Connection, rows: Sequence[SlotRow]) -> bool:
    """Take positions of locked slots: of all, or of none where one has too few free ones."""
    count = _run(connection, _ADD, rows).rowcount
    if count not in (0, len(rows)):
        raise RuntimeError("a locked slot has changed: the transaction must not be committed")
    return count > 0


def subtract_used(connection: Connection, rows: Iterable[SlotRow]) -> None:
    """Give positions back."""
    given = sorted(rows)
    if given:
        _run(connection, _SUBTRACT, given)


def read_short(connection: Connection, rows: Sequence[SlotRow]) -> dict[tuple[str, int], int]:
    """The free positions of the slots that have fewer than their row asks for."""
    return {(row[0], row[1]): row[2] for row in _run(connection, _FREE, rows).all()}


def find_expired_lines(connection: Connection, rows: Sequence[SlotRow], now: datetime) -> list[str]:
    """The lines with positions of the slots whose hold has expired, in order."""
    found = _run(connection, _EXPIRED, rows, last=(microseconds(now),))
    return sorted(row[0] for row in found.all())


def lock_slots(connection: Connection, rows: Iterable[SlotRow]) -> None:
    """Lock the slots in their order until the transaction ends; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql" and (given := sorted(rows)):
        _run(connection, _LOCK, given)


def read_ledger(connection: Connection, rows: Sequence[SlotRow]) -> list[LedgerRow]:
    """The positions of every line at the slots, expired holds included."""
    return sorted(LedgerRow(*row) for row in _run(connection, _LEDGER, rows).all())


def read_outside(connection: Connection, rows: Sequence[SlotRow]) -> dict[tuple[str, int], int]:
    """The positions that a sales system outside this program has booked, where it is recorded."""
    return {(row[0], row[1]): row[2] for row in _run(connection, _OUTSIDE, rows).all()}


def enter_positions(
    connection: Connection, line_id: str, rows: Sequence[SlotRow], *, is_new: bool = False
) -> None:
    """Add positions of a line to the ledger; of a new line, which has none, in less time.

    Raises RuntimeError for a line without a take.
    """
    statement = _ENTER if is_new else _ADD_TO_ENTERED
    if _run(connection, statement, rows, first=(line_id,)).rowcount != len(rows):
        raise RuntimeError(f"line {line_id} has no take: the transaction must not be committed")


def delete_positions(
    connection: Connection, line_id: str, rows: Sequence[SlotRow]
) -> list[SlotRow]:
    """Delete the positions of a line at the slots from the ledger, and return them."""
    return [(row[0], row[1], row[2]) for row in _run(connection, _DELETE, rows, first=(line_id,))]


def _run(
    connection: Connection,
    statement: str,
    rows: Sequence[SlotRow],
    *,
    first: tuple[Any, ...] = (),
    last: tuple[Any, ...] = (),
) -> CursorResult[*tuple[Any, ...]]:
    """The statement with the given rows, and with values before or after them."""
    dialect = connection.dialect.name
    given: tuple[Any, ...] = (msgspec.json.encode(rows).decode(),)
    if dialect == "postgresql":
        given = tuple(map(write_array, zip(*rows, strict=True)))
    text = _write_text(statement, dialect)
    return connection.exec_driver_sql(text, (*first, *given * statement.count(":given"), *last))


@cache
def _write_text(statement: str, dialect: str) -> str:
    text = statement.replace(":given", _GIVEN[dialect])
    return text.replace(":value", "?" if dialect == "sqlite" else "%s")
