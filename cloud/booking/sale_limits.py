"""How many positions of a slot may be sold here.

The loop of the sites file, less what a sales system outside this program has booked. Nothing is
for sale during a blackout or maintenance, in an hour that has begun, or on a screen that the sites
file does not list.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from cloud.booking.capacity_rows import read_outside
from cloud.booking.inventory.blackouts import Blackout, read_blackouts
from cloud.booking.slots import HOUR_S, MAX_SLOTS, AvailReason, SlotDemand
from cloud.database import EPOCH
from cloud.sites.site_model import Site
from cloud.sites.sites import Sites, UnknownLocation

HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class SaleLimit:
    """Positions of a slot that may be sold here, and why there are none."""

    location: str
    starts_at_s: int
    positions: int
    reason: AvailReason | None = None


def read_sale_limits(
    connection: Connection, sites: Sites, slots: Iterable[SlotDemand], now: datetime
) -> list[SaleLimit]:
    """The limits of the slots, by the present ids of their locations, in the order given."""
    demand = list(slots)
    listed = find_sites(sites, demand)
    some = [site for site in listed.values() if site is not None]
    outside = _read_outside(connection, demand, listed)
    blackouts = read_blackouts(connection, some, now)
    now_s = now.timestamp()
    return [
        compute_sale_limit(
            one,
            listed[one.location],
            outside.get((one.location, one.starts_at_s), 0),
            blackouts.get(one.location, ()),
            now_s,
        )
        for one in demand
    ]


def find_site(sites: Sites, location: str) -> Site | None:
    """The site of that present or former id."""
    try:
        return sites.location(location)
    except UnknownLocation:
        return None


def find_sites(sites: Sites, demand: Iterable[SlotDemand]) -> dict[str, Site | None]:
    """The sites of all locations of a demand, by the ids that it has."""
    return {name: find_site(sites, name) for name in {one.location for one in demand}}


def compute_sale_limit(
    slot: SlotDemand, site: Site | None, outside: int, blackouts: Sequence[Blackout], now_s: float
) -> SaleLimit:
    """The limit of one slot."""
    if site is None:
        return SaleLimit(slot.location, slot.starts_at_s, 0, AvailReason.INVALID_FRAME)
    if slot.starts_at_s < now_s or not _starts_local_hour(site.timezone, slot.starts_at_s):
        return SaleLimit(site.id, slot.starts_at_s, 0, AvailReason.INVALID_PERIOD)
    if blackouts:
        starts_at = EPOCH + timedelta(seconds=slot.starts_at_s)
        for one in blackouts:
            if one.covers(starts_at):
                return SaleLimit(site.id, slot.starts_at_s, 0, one.avail_reason)
    return SaleLimit(site.id, slot.starts_at_s, max(0, site.loop.positions - outside))


@lru_cache(maxsize=MAX_SLOTS)
def _starts_local_hour(timezone: str, starts_at_s: int) -> bool:
    """Whether an hour starts then; many screens share their time zone and their hours."""
    local = (EPOCH + timedelta(seconds=starts_at_s)).astimezone(ZoneInfo(timezone))
    return (local.minute, local.second) == (0, 0)


def _read_outside(
    connection: Connection, demand: Sequence[SlotDemand], listed: Mapping[str, Site | None]
) -> dict[tuple[str, int], int]:
    """The bookings outside; a record under a former id applies until there is one under the new."""
    ids = {name: site.ids if site else () for name, site in listed.items()}
    rows = [(name, one.starts_at_s, 0) for one in demand for name in ids[one.location]]
    found = read_outside(connection, sorted(rows)) if rows else {}
    if not found:
        return {}
    outside: dict[tuple[str, int], int] = {}
    for one in demand:
        for name in ids[one.location]:
            if (booked := found.get((name, one.starts_at_s))) is not None:
                outside[one.location, one.starts_at_s] = booked
    return outside


def first_open_s(now: datetime) -> int:
    """The first second since 1970 at which an hour that has not begun may start.

    Hours of some time zones start at half past an hour of UTC.
    """
    return int(now.timestamp()) + 1


def round_down_to_hour_s(moment: datetime) -> int:
    """The second since 1970 at which the UTC hour of a moment starts."""
    return int(moment.timestamp()) // HOUR_S * HOUR_S
