"""Whether creatives may be shown: approved, of the account, and allowed on the screen."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, Protocol

from sqlalchemy import Connection

from cloud.booking.inventory.restrictions import (
    CreativeFacts,
    ScreenRestrictions,
    find_violations,
    read_restrictions,
)
from cloud.booking.sale_limits import find_site
from cloud.campaigns.booked_hours import read_lines
from cloud.campaigns.creatives import Creative, CreativeStatus, read_by_names
from cloud.sites.site_model import Site
from cloud.sites.sites import Sites

MOST_SENTENCES: Final = 5


class CreativeRefusedError(ValueError):
    """Creatives that a line may not have; the message names each with the reason."""


class LineWithCreatives(Protocol):
    """What of a line is checked: a draft has no version yet."""

    @property
    def line_id(self) -> str:
        """The line."""

    @property
    def creatives(self) -> Sequence[str]:
        """The names of its creatives."""


def require_usable(
    connection: Connection, sites: Sites, account: str, location: str, names: Collection[str]
) -> None:
    """Raise CreativeRefusedError for creatives that are unknown, rejected, or not for the screen.

    A pending creative may be assigned: the line is not in flight before it is approved.
    """
    require_all_usable(connection, sites, account, {location: names})


def require_all_usable(
    connection: Connection, sites: Sites, account: str, wanted: Mapping[str, Collection[str]]
) -> None:
    """The same for the creatives of several screens, with two queries.

    A screen that the sites file no longer lists refuses nothing of its own.
    """
    listed = {location: find_site(sites, location) for location in wanted}
    present = [site for site in listed.values() if site is not None]
    restrictions = read_restrictions(connection, present) if present else {}
    found = read_by_names(
        connection, account, {name for names in wanted.values() for name in names}
    )
    sentences = dict.fromkeys(
        sentence
        for location, names in wanted.items()
        for name in sorted(names)
        for sentence in _explain(account, name, found.get(name), listed[location], restrictions)
    )
    if sentences:
        raise CreativeRefusedError("; ".join([*sentences][:MOST_SENTENCES]))


def _explain(
    account: str,
    name: str,
    creative: Creative | None,
    site: Site | None,
    restrictions: Mapping[str, ScreenRestrictions],
) -> list[str]:
    """Why a creative may not be shown on a screen."""
    if creative is None:
        return [f"{name} is no creative of {account}: POST /api/creatives first"]
    if creative.status is CreativeStatus.REJECTED:
        return [f"{name} is rejected: {creative.reason}"]
    if site is None:
        return []
    violations = find_violations(site, restrictions.get(site.id), to_facts(creative))
    return [f"{name}: {one}" for one in violations]


def find_approved_lines(
    connection: Connection, sites: Sites, lines: Iterable[LineWithCreatives]
) -> set[str]:
    """The ids of those lines that have creatives, all of them approved."""
    creatives = {line.line_id: tuple(line.creatives) for line in lines if line.creatives}
    accounts = {
        name: line.account
        for name, line in read_lines(connection, sites, "line_id", creatives).items()
    }
    approved = _read_approved(connection, accounts, creatives)
    return {
        name
        for name, named in creatives.items()
        if approved.get(accounts.get(name, ""), set()).issuperset(named)
    }


def to_facts(creative: Creative) -> CreativeFacts:
    """What the restrictions of a screen are compared with."""
    duration = creative.duration
    return CreativeFacts(
        categories=frozenset(creative.categories),
        size=(creative.width_px, creative.height_px),
        length_s=None if duration is None else duration.total_seconds(),
    )


def _read_approved(
    connection: Connection, accounts: Mapping[str, str], creatives: Mapping[str, Sequence[str]]
) -> dict[str, set[str]]:
    wanted: dict[str, set[str]] = {}
    for name, account in accounts.items():
        wanted.setdefault(account, set()).update(creatives[name])
    return {
        account: {
            name
            for name, creative in read_by_names(connection, account, names).items()
            if creative.status is CreativeStatus.APPROVED
        }
        for account, names in wanted.items()
    }
