"""Read the positions of many screens' hours in three queries, as columns.

Each query returns one row: arrays of places in the grid and of the counts there. A row for each of
tens of thousands of hours would take several times as long to fetch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final

import msgspec
import numpy as np
from sqlalchemy import Connection

from cloud.booking.inventory.avails import Integers, SlotCounts
from cloud.booking.slots import HOUR_S
from cloud.database import microseconds
from cloud.database.engine import write_array
from cloud.sites.site_model import Site

STEP_S: Final = HOUR_S // 4
"""Time zones are whole quarters of an hour from UTC."""
_GIVEN: Final = {
    "sqlite": "(SELECT key AS number, value AS location FROM json_each(?)) AS given",
    "postgresql": (
        "(SELECT location, number - 1 AS number FROM unnest(%s::text[]) WITH ORDINALITY "
        "AS listed(location, number)) AS given"
    ),
}
_ARRAY: Final = {"sqlite": "json_group_array", "postgresql": "array_agg"}
_COLUMNS: Final = "SELECT :arrays FROM (:statement) AS found"
_PLACE: Final = "given.number * :value + (hour_at - :value) / :value AS place"
_BETWEEN: Final = "hour_at >= :value AND hour_at < :value"
_USED: Final = """
SELECT :place, used AS first FROM :given JOIN booking_slots USING (location)
WHERE :between AND used > 0
"""
_HOLDS: Final = """
SELECT :place,
CASE WHEN until_at <= :value THEN -positions ELSE 0 END AS first,
CASE WHEN until_at > :value THEN positions ELSE 0 END AS second
FROM :given JOIN booking_ledger USING (location) JOIN booking_takes USING (line_id)
WHERE :between AND until_at IS NOT NULL
"""
"""What expired holds have, as a negative number, and what others have."""
_OUTSIDE: Final = """
SELECT :place, booked AS first FROM :given JOIN slot_occupancy USING (location)
WHERE :between AND booked > 0
"""


@dataclass(frozen=True, slots=True)
class CountGrid:
    """Counts by screen (rows) and by quarter of an hour from `first_s` on."""

    first_s: int
    rows: Mapping[str, int]
    taken: Integers
    held: Integers
    outside: Integers

    def pick(self, site: Site, hours_s: Integers) -> SlotCounts:
        """The counts of a screen's hours, which must be within the grid."""
        row, columns = self.rows[site.id], (hours_s - self.first_s) // STEP_S
        return SlotCounts(
            self.taken[row, columns], self.held[row, columns], self.outside[row, columns]
        )


def read_count_grid(
    connection: Connection, sites: Sequence[Site], first_s: int, until_s: int, now: datetime
) -> CountGrid:
    """What is taken of the hours from one second until another, which is not included."""
    rows: dict[str, int] = {name: number for number, site in enumerate(sites) for name in site.ids}
    steps = max(0, until_s - first_s) // STEP_S + 1
    taken, held, outside = (np.zeros((len(sites), steps), dtype=np.int64) for _ in range(3))
    row_of = np.array([*rows.values()], dtype=np.int64)
    place, hours = (steps, first_s, STEP_S), (first_s, until_s)
    moment = (microseconds(now),) * 2

    def read(statement: str, before: Sequence[int], grids: Sequence[Integers]) -> None:
        found = _read_columns(connection, statement, before, [*rows], hours, len(grids))
        if found is None:
            return
        places, *counts = found
        at = row_of[places // steps], places % steps
        for grid, added in zip(grids, counts, strict=True):
            np.add.at(grid, at, added)

    read(_USED, place, [taken])
    read(_HOLDS, (*place, *moment), [taken, held])
    read(_OUTSIDE, place, [outside])
    return CountGrid(first_s, rows, taken, held, outside)


def _read_columns(
    connection: Connection,
    statement: str,
    before: Sequence[int],
    names: Sequence[str],
    hours: tuple[int, int],
    counts: int,
) -> Sequence[Integers] | None:
    """The columns of a query, or None where it finds nothing."""
    dialect = connection.dialect.name
    given = msgspec.json.encode(names).decode()
    if dialect == "postgresql":
        given = write_array(tuple(names))
    text = _write_text(statement, dialect, counts)
    columns = connection.exec_driver_sql(text, (*before, given, *hours)).one()
    if columns[0] in (None, "[]"):
        return None
    return [
        np.array(msgspec.json.decode(f"[{one[1:-1]}]", type=list[int]), dtype=np.int64)
        for one in columns
    ]


@cache
def _write_text(statement: str, dialect: str, counts: int) -> str:
    names = ("place", "first", "second")[: counts + 1]
    parts = {
        ":arrays": ", ".join(f"CAST({_ARRAY[dialect]}({name}) AS TEXT)" for name in names),
        ":statement": statement,
        ":place": _PLACE,
        ":between": _BETWEEN,
        ":given": _GIVEN[dialect],
        ":value": "?" if dialect == "sqlite" else "%s",
    }
    text = _COLUMNS
    for name, part in parts.items():
        text = text.replace(name, part)
    return text
