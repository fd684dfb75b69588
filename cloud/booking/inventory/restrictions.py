"""What a screen does not show: categories of advertisers, other sizes, longer creatives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, select

from cloud import database
from cloud.database.products import screen_restrictions
from cloud.sites.site_model import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenRestrictions:
    """The restrictions of one screen. `sizes` are width and height; empty: the screen's own."""

    location: str
    categories: frozenset[str] = frozenset()
    sizes: frozenset[tuple[int, int]] = frozenset()
    max_length_s: int | None = None
    reason: str
    changed_by: str
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CreativeFacts:
    """What a creative is checked for; None: not known yet."""

    categories: frozenset[str] = frozenset()
    size: tuple[int, int] | None = None
    length_s: float | None = None


def find_violations(
    site: Site, restrictions: ScreenRestrictions | None, creative: CreativeFacts
) -> list[str]:
    """Why a screen does not show a creative, in sentences; empty where it does."""
    found = []
    if restrictions and (prohibited := restrictions.categories & creative.categories):
        found.append(f"{site.id} shows no {', '.join(sorted(prohibited))}: {restrictions.reason}")
    sizes = (restrictions.sizes if restrictions else ()) or {_own_size(site)}
    if creative.size is not None and creative.size not in sizes:
        wanted = ", ".join(f"{width} x {height}" for width, height in sorted(sizes))
        found.append(
            f"{site.id} shows {wanted} pixels, the creative has "
            f"{creative.size[0]} x {creative.size[1]}"
        )
    longest = restrictions.max_length_s if restrictions else None
    longest = min(longest or site.loop.spot_s, site.loop.spot_s)
    if creative.length_s is not None and creative.length_s > longest:
        found.append(
            f"{site.id} shows at most {longest} s, the creative is {creative.length_s:g} s long"
        )
    return found


def store_restrictions(connection: Connection, restrictions: ScreenRestrictions) -> None:
    """Store the restrictions of a screen in place of the earlier ones."""
    row = {name: getattr(restrictions, name) for name in ScreenRestrictions.__slots__}
    row |= {
        "categories": msgspec.json.encode(sorted(restrictions.categories)).decode(),
        "sizes": msgspec.json.encode(sorted(restrictions.sizes)).decode(),
    }
    insert = database.insert(connection.dialect.name, screen_restrictions).values(row)
    change = {name: insert.excluded[name] for name in row if name != "location"}
    connection.execute(insert.on_conflict_do_update(index_elements=["location"], set_=change))


def delete_restrictions(connection: Connection, site: Site) -> int:
    """Delete the restrictions of a screen, under any of its ids; returns how many there were."""
    columns = screen_restrictions.c
    return connection.execute(
        delete(screen_restrictions).where(columns.location.in_(site.ids))
    ).rowcount


def read_restrictions(
    connection: Connection, sites: Sequence[Site]
) -> Mapping[str, ScreenRestrictions]:
    """The restrictions of the screens that have some, by the present id."""
    present = {name: site.id for site in sites for name in site.ids}
    wanted = select(screen_restrictions).where(screen_restrictions.c.location.in_(present))
    rows = connection.execute(wanted.order_by(screen_restrictions.c.changed_at)).mappings()
    return {present[row["location"]]: _restrictions(row) for row in rows}


def _own_size(site: Site) -> tuple[int, int]:
    return site.screen.width_px, site.screen.height_px


def _restrictions(row: Any) -> ScreenRestrictions:
    values = {name: row[name] for name in ScreenRestrictions.__slots__}
    values |= {
        "categories": msgspec.json.decode(row["categories"], type=frozenset[str]),
        "sizes": msgspec.json.decode(row["sizes"], type=frozenset[tuple[int, int]]),
    }
    return ScreenRestrictions(**values)
