"""Read the positions of many screens' hours in three queries, as columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
import numpy as np
from sqlalchemy import Connection, Select, Text, case, cast, func, select

from cloud.booking.inventory.avails import Integers, SlotCounts
from cloud.booking.slots import HOUR_S
from cloud.database import total
from cloud.database.bookings import booking_ledger, booking_slots, booking_takes, slot_occupancy
from cloud.sites.site_model import Site

STEP_S: Final = HOUR_S // 4
"""Time zones are whole quarters of an hour from UTC."""


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
    shape = (len(sites), max(0, until_s - first_s) // STEP_S + 1)
    taken, held, outside = (np.zeros(shape, dtype=np.int64) for _ in range(3))
    slots, occupancy = booking_slots.c, slot_occupancy.c

    def read(wanted: Select[*tuple[Any, ...]], grids: Sequence[Integers]) -> None:
        for name, *columns in connection.execute(_collect(connection, wanted)):
            hours, *counts = (msgspec.json.decode(one, type=list[int]) for one in columns)
            at = (np.array(hours, dtype=np.int64) - first_s) // STEP_S
            for grid, added in zip(grids, counts, strict=True):
                grid[rows[name], at] += np.array(added, dtype=np.int64)

    def between(columns: Any) -> Any:
        hours = (columns.hour_at >= first_s) & (columns.hour_at < until_s)
        return columns.location.in_(rows) & hours

    used = select(slots.location, slots.hour_at, slots.used)
    read(used.where(between(slots), slots.used > 0), [taken])
    read(_select_holds(between(booking_ledger.c), now), [taken, held])
    booked = select(occupancy.location, occupancy.hour_at, occupancy.booked)
    read(booked.where(between(occupancy), occupancy.booked > 0), [outside])
    return CountGrid(first_s, rows, taken, held, outside)


def _collect(connection: Connection, wanted: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """One row for each location, with each other column as a JSON array: far fewer to fetch."""
    found = wanted.subquery()
    location, *others = found.c
    is_sqlite = connection.dialect.name == "sqlite"
    arrays = [
        func.json_group_array(one) if is_sqlite else cast(func.json_agg(one), Text)
        for one in others
    ]
    return select(location, *arrays).group_by(location)


def _select_holds(is_asked: Any, now: datetime) -> Select[*tuple[Any, ...]]:
    """Of each slot: what expired holds have, as a negative number, and what others have."""
    ledger, takes = booking_ledger.c, booking_takes.c
    expired = case((takes.until_at <= now, -ledger.positions), else_=0)
    held = case((takes.until_at > now, ledger.positions), else_=0)
    return (
        select(ledger.location, ledger.hour_at, total(expired), total(held))
        .join(booking_takes, takes.line_id == ledger.line_id)
        .where(takes.until_at.is_not(None), is_asked)
        .group_by(ledger.location, ledger.hour_at)
    )
