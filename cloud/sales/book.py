"""The market of one site: published prices, occupancy, and prices set by a person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain

from sqlalchemy import Connection

from cloud.pricing.market import UNKNOWN_MARKET, Market, Occupancy, PriceOverride
from cloud.pricing.slot import Slot
from cloud.sales.occupancy import read_occupancy
from cloud.sales.overrides import read_overrides
from cloud.sales.price_sheet import PriceSheet, read_sheet_before
from cloud.sites.site_model import Site


@dataclass(frozen=True, slots=True)
class SiteMarket:
    """One site on one local day, as of one instant; empty without any record."""

    today: date
    sheet: PriceSheet | None = None
    occupancy: Mapping[int, Occupancy] = field(default_factory=dict)
    overrides: Mapping[int, tuple[PriceOverride, ...]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether no slot has a record."""
        return self.sheet is None and not self.occupancy and not self.overrides

    def holds_at(self, now: datetime) -> bool:
        """Whether none of its overrides has expired by then."""
        every = chain.from_iterable(self.overrides.values())
        return all(one.until_at is None or now < one.until_at for one in every)

    def market(self, slot: Slot, account: str | None = None) -> Market:
        """The market of a slot of the site for a buyer of an account.

        A deal of that account goes before a price that is set for everybody. The deals of other
        accounts are ignored.
        """
        if self.is_empty:
            return UNKNOWN_MARKET
        published = self.sheet.published(slot, self.today) if self.sheet else None
        hour_at = int(slot.starts_at.timestamp())
        found = {one.account: one for one in self.overrides.get(hour_at, ())}
        override = found.get(account) or found.get(None)
        return Market(published, self.occupancy.get(hour_at), override)

    def deals(self, slot: Slot) -> tuple[PriceOverride, ...]:
        """The prices of a slot that each hold for one account only."""
        every = self.overrides.get(int(slot.starts_at.timestamp()), ())
        return tuple(one for one in every if one.account is not None)

    def has_deals(self, account: str | None) -> bool:
        """Whether any slot has a price of that account's own."""
        every = chain.from_iterable(self.overrides.values())
        return account is not None and any(one.account == account for one in every)


def read_site_market(connection: Connection, site: Site, now: datetime) -> SiteMarket:
    """Read every record of a site as of an instant."""
    today = now.astimezone(site.zone).date()
    sheet = read_sheet_before(connection, site, today)
    occupancy = read_occupancy(connection, site, now)
    return SiteMarket(today, sheet, occupancy, read_overrides(connection, site, now))
