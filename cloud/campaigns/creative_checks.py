"""Whether creatives may be shown: approved, of the account, and allowed on the screen."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, Protocol

from sqlalchemy import Connection

from cloud.booking.inventory.restrictions import (
    CreativeFacts,
    find_violations,
    read_restrictions,
)
from cloud.campaigns.booked_hours import read_lines
from cloud.campaigns.creatives import Creative, CreativeStatus, read_by_names
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
    site = sites.location(location)
    restrictions = read_restrictions(connection, [site]).get(site.id)
    found = read_by_names(connection, account, names)
    sentences = []
    for name in sorted(names):
        creative = found.get(name)
        if creative is None:
            sentences.append(f"{name} is no creative of {account}: POST /api/creatives first")
        elif creative.status is CreativeStatus.REJECTED:
            sentences.append(f"{name} is rejected: {creative.reason}")
        else:
            violations = find_violations(site, restrictions, to_facts(creative))
            sentences += [f"{name}: {one}" for one in violations]
    if sentences:
        raise CreativeRefusedError("; ".join(sentences[:MOST_SENTENCES]))


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
