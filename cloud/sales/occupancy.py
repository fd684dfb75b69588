"""The occupancy of slots: booked loop positions and the demand still expected.

Sales systems load it from a file (`python -m cloud occupancy`). The occupancy of a slot without a
row is unknown, not zero.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select

from cloud import database
from cloud.database.bookings import slot_occupancy
from cloud.pricing.emsr import FareClass
from cloud.pricing.market import Occupancy
from cloud.sites.site_model import Site

MOST_CLASSES: Final = 10
AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class SlotOccupancy:
    """The occupancy of one slot of a location."""

    location: str
    starts_at: datetime
    occupancy: Occupancy


@dataclass(frozen=True, slots=True)
class OccupancyLoad:
    """How many slots were written, and the digest of all rows of the table after that."""

    slots: int
    rows: str


def replace_occupancy(
    connection: Connection, noted: Iterable[SlotOccupancy], *, at: datetime, before: str | None
) -> OccupancyLoad:
    """Store occupancies, and return the digest of the table for the audit log.

    `before` is the digest of the last load, None where none was recorded. The new digest is
    computed from it and from the rows that change, so a row that was altered outside the program
    between two loads remains detectable.
    """
    every = list(noted)
    total = int(before or digest_of_all(connection), 16)
    places: dict[str, set[int]] = {}
    for one in every:
        places.setdefault(one.location, set()).add(int(one.starts_at.timestamp()))
    total -= _sum(connection, places)
    slots = store_occupancy(connection, every, at=at)
    total += _sum(connection, places)
    return OccupancyLoad(slots, _written(total))


def digest_of_all(connection: Connection) -> str:
    """The sum of the digests of all rows; it does not depend on their order."""
    return _written(sum(map(_digest, connection.execute(select(slot_occupancy)).mappings())))


def _sum(connection: Connection, places: Mapping[str, set[int]]) -> int:
    """The sum of the digests of some slots' rows."""
    columns, total = slot_occupancy.c, 0
    for location, hours in places.items():
        ordered = sorted(hours)
        for start in range(0, len(ordered), AT_ONCE):
            some = ordered[start : start + AT_ONCE]
            wanted = select(slot_occupancy).where(
                columns.location == location, columns.hour_at.in_(some)
            )
            total += sum(map(_digest, connection.execute(wanted).mappings()))
    return total


def _digest(row: Any) -> int:
    words = (row["location"], row["hour_at"], row["booked"], row["classes"], row["noted_at"])
    return int.from_bytes(hashlib.sha256(msgspec.json.encode(words)).digest())


def _written(total: int) -> str:
    return f"{total % 2**256:064x}"


def store_occupancy(connection: Connection, noted: Iterable[SlotOccupancy], *, at: datetime) -> int:
    """Replace the occupancies of these slots and return how many there are."""
    rows = [
        {
            "location": one.location,
            "hour_at": int(one.starts_at.timestamp()),
            "booked": one.occupancy.booked,
            "classes": msgspec.json.encode(one.occupancy.classes).decode(),
            "noted_at": at,
        }
        for one in noted
    ]
    if rows:
        insert = database.insert(connection.dialect.name, slot_occupancy)
        columns = ("booked", "classes", "noted_at")
        change = {name: insert.excluded[name] for name in columns}
        connection.execute(
            insert.on_conflict_do_update(index_elements=["location", "hour_at"], set_=change), rows
        )
    return len(rows)


def read_occupancy(
    connection: Connection, site: Site, since_at: datetime
) -> Mapping[int, Occupancy]:
    """The occupancies of a site's slots from `since_at` on, by the second they start.

    A record under a former id applies until there is one under the present id.
    """
    columns = slot_occupancy.c
    rows = connection.execute(
        select(slot_occupancy).where(
            columns.location.in_(site.ids), columns.hour_at >= int(since_at.timestamp())
        )
    ).mappings()
    present_last = sorted(rows, key=lambda row: site.ids.index(row["location"]))
    return {row["hour_at"]: _occupancy(row, site) for row in present_last}


def _occupancy(row: Any, site: Site) -> Occupancy:
    classes = msgspec.json.decode(row["classes"], type=tuple[FareClass, ...])
    positions = site.loop.positions
    return Occupancy(positions, min(positions, row["booked"]), classes)
