"""What the sales floor knows of one place: yesterday's prices and today's occupancy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Connection

from cloud.estate import Site
from cloud.pricing.market import UNKNOWN, Market, Occupancy
from cloud.pricing.slot import Slot
from cloud.sales.occupancy import read_occupancy
from cloud.sales.price_sheet import PriceSheet, sheet_before


@dataclass(frozen=True, slots=True)
class Book:
    """One place on one local day, as of one moment; empty where nobody has written anything."""

    today: date
    sheet: PriceSheet | None = None
    occupancy: Mapping[int, Occupancy] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known of any slot."""
        return self.sheet is None and not self.occupancy

    def market(self, slot: Slot) -> Market:
        """What is known of a slot of that place."""
        if self.is_empty:
            return UNKNOWN
        published = self.sheet.published(slot, self.today) if self.sheet else None
        return Market(published, self.occupancy.get(int(slot.starts_at.timestamp())))


def read_book(connection: Connection, site: Site, now: datetime) -> Book:
    """Everything that is known of a site at a moment."""
    today = now.astimezone(site.zone).date()
    sheet = sheet_before(connection, site.id, today)
    return Book(today, sheet, read_occupancy(connection, site, now))
