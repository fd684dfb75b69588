"""The lines that have positions of some slots: for staff, never for buyers."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from cloud.booking.capacity_rows import read_ledger
from cloud.booking.slots import SlotDemand
from cloud.booking.takes import Take, read_takes


@dataclass(frozen=True, slots=True)
class BlockingLine:
    """A line, one of its screens, and in how many of the slots it has positions."""

    take: Take
    location: str
    slots: int


def read_blocking_lines(
    connection: Connection, slots: Iterable[SlotDemand], *, most: int
) -> list[BlockingLine]:
    """The lines with positions of the slots, those of most slots first."""
    rows = sorted((one.location, one.starts_at_s, 0) for one in slots)
    counts = Counter((row.line_id, row.location) for row in read_ledger(connection, rows))
    chosen = sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:most]
    takes = read_takes(connection, sorted({line_id for (line_id, _), _ in chosen}))
    return [BlockingLine(takes[line_id], location, count) for (line_id, location), count in chosen]
