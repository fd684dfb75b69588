"""Campaigns of accounts: the lines of one name and advertiser, from the newest versions.

A campaign has no row of its own. Its id is a digest of account, advertiser and name, so it is the
same in every program, and another account's campaign of the same name has another id.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

from sqlalchemy import Connection, select

from cloud.booking.order_line import BookingStatus
from cloud.booking.order_store import read_newest
from cloud.campaigns.booked_hours import CampaignLine, to_campaign_line
from cloud.database.orders import order_line_versions
from cloud.sites.sites import Sites

ID_LENGTH: Final = 32
IN_FLIGHT: Final = frozenset({BookingStatus.BOOKED, BookingStatus.IN_FLIGHT})

CampaignKey = tuple[str, str, str]  # account, advertiser, name


class UnknownCampaignError(LookupError):
    """No campaign with that id for the caller."""


@dataclass(frozen=True)
class Campaign:
    """The lines of a campaign, by id; at least one."""

    account: str
    advertiser: str
    name: str
    lines: Mapping[str, CampaignLine]

    @cached_property
    def id(self) -> str:
        """The id in addresses."""
        return make_campaign_id((self.account, self.advertiser, self.name))

    @cached_property
    def starts_at(self) -> datetime:
        """The start of the first flight."""
        return min(line.starts_at for line in self.lines.values())

    @cached_property
    def ends_at(self) -> datetime:
        """The end of the last flight."""
        return max(line.ends_at for line in self.lines.values())

    @cached_property
    def currencies(self) -> tuple[str, ...]:
        """The currencies of the prices."""
        return tuple(sorted({line.currency for line in self.lines.values()}))

    @cached_property
    def order_ids(self) -> tuple[str, ...]:
        """The orders that the lines are part of."""
        return tuple(sorted({line.order_id for line in self.lines.values()}))

    @cached_property
    def sold_lines(self) -> Mapping[str, CampaignLine]:
        """The lines whose hours are to be delivered."""
        return {name: line for name, line in self.lines.items() if line.is_sold}

    def is_running(self, now: datetime) -> bool:
        """Whether a sold line is within its flight."""
        sold = self.sold_lines.values()
        return any(line.starts_at <= now < line.ends_at for line in sold)


def make_campaign_id(key: CampaignKey) -> str:
    """The id of a campaign."""
    return hashlib.sha256("\n".join(key).encode()).hexdigest()[:ID_LENGTH]


def list_campaigns(
    connection: Connection, sites: Sites, accounts: Collection[str] | None
) -> Sequence[Campaign]:
    """The campaigns of some accounts, or of all for None; those that end last come first."""
    grouped: dict[CampaignKey, dict[str, CampaignLine]] = defaultdict(dict)
    for line in _read_lines(connection, sites, accounts, None):
        grouped[line.account, line.advertiser, line.campaign][line.line_id] = line
    found = [Campaign(*key, lines) for key, lines in grouped.items()]
    return sorted(found, key=lambda one: (one.ends_at, one.id), reverse=True)


def find_campaign(
    connection: Connection, sites: Sites, campaign: str, accounts: Collection[str] | None
) -> Campaign:
    """A campaign of one of the accounts, or of any for None; raises UnknownCampaignError."""
    key = _find_key(connection, campaign, accounts)
    lines = _read_lines(connection, sites, None if accounts is None else {key[0]}, key)
    return Campaign(*key, {line.line_id: line for line in lines})


def _find_key(
    connection: Connection, campaign: str, accounts: Collection[str] | None
) -> CampaignKey:
    columns = order_line_versions.c
    query = select(columns.account, columns.advertiser, columns.campaign).distinct()
    if accounts is not None:
        query = query.where(columns.account.in_(sorted(accounts)))
    for row in connection.execute(query):
        key = (row.account, row.advertiser, row.campaign)
        if make_campaign_id(key) == campaign:
            return key
    raise UnknownCampaignError(
        "no campaign of yours has that id: GET /api/campaigns lists your campaigns"
    )


def _read_lines(
    connection: Connection,
    sites: Sites,
    accounts: Collection[str] | None,
    key: CampaignKey | None,
) -> Iterable[CampaignLine]:
    """The newest versions that have the key now, whatever an earlier version had."""
    columns = order_line_versions.c
    query = select(columns.line_id).distinct()
    if accounts is not None:
        query = query.where(columns.account.in_(sorted(accounts)))
    if key is not None:
        account, advertiser, name = key
        query = query.where(
            columns.account == account, columns.advertiser == advertiser, columns.campaign == name
        )
    rows = read_newest(connection, "line_id", connection.execute(query).scalars())
    lines = [to_campaign_line(row, sites) for row in rows.values()]
    return [
        line
        for line in lines
        if key is None or (line.account, line.advertiser, line.campaign) == key
        if accounts is None or line.account in accounts
    ]
