"""The market of one site: published prices, occupancy, and prices set by a person.

The occupancy of a slot is what a sales system outside this program has booked (`slot_occupancy`)
and what is taken here (`booking_slots`), added: no position is in both. A site without any record
of an outside system is sold only here, so its free positions are known. Where there are records,
a slot without one is unknown, unless all its positions are taken here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from itertools import chain

from sqlalchemy import Connection

from cloud.booking.taken import read_taken
from cloud.pricing.emsr import FareClass
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
    positions: int | None = None
    """Of the loop; None: what is taken here is not known."""
    taken: Mapping[int, int] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether no slot has a record."""
        has_record = self.sheet or self.occupancy or self.overrides or self.taken
        return not has_record

    def holds_at(self, now: datetime) -> bool:
        """Whether none of its overrides has expired by then."""
        every = chain.from_iterable(self.overrides.values())
        return all(one.until_at is None or now < one.until_at for one in every)

    def market(self, slot: Slot, account: str | None = None) -> Market:
        """The market of a slot of the site for a buyer of an account.

        A deal of that account goes before a price that is set for everybody. The deals of other
        accounts are ignored.
        """
        if self.is_empty and self.positions is None:
            return UNKNOWN_MARKET
        published = self.sheet.published(slot, self.today) if self.sheet else None
        hour_at = int(slot.starts_at.timestamp())
        found = {one.account: one for one in self.overrides.get(hour_at, ())}
        override = found.get(account) or found.get(None)
        return Market(published, self.count(hour_at), override)

    def count_taken(self, slot: Slot) -> int:
        """The positions of a slot of the site that are taken here."""
        return self.taken.get(int(slot.starts_at.timestamp()), 0)

    def count(self, hour_at: int) -> Occupancy | None:
        """The occupancy of a slot, of both kinds together; None where it is unknown."""
        outside, taken = self.occupancy.get(hour_at), self.taken.get(hour_at, 0)
        if self.positions is None:
            return outside
        if outside is None and self.occupancy and taken < self.positions:
            return None
        booked = taken + (outside.booked if outside else 0)
        return _occupancy(self.positions, booked, outside.classes if outside else ())

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
    return SiteMarket(
        today,
        sheet,
        read_occupancy(connection, site, now),
        read_overrides(connection, site, now),
        site.loop.positions,
        read_taken(connection, site, now, now),
    )


@lru_cache(maxsize=4_096)
def _occupancy(positions: int, booked: int, classes: tuple[FareClass, ...]) -> Occupancy:
    """One object for the many slots that are alike: it checks its classes when it is made."""
    return Occupancy(positions, min(positions, booked), classes)
