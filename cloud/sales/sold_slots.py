"""The slots that sold lines have booked: positions, and the price of one after its discount.

Only lines that were priced here: orders of another sales system have its own prices.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from cloud.booking.orders.order import BookedLine
from cloud.booking.orders.order_rows import read_sold_lines
from cloud.sites.sites import Sites


@dataclass(frozen=True, slots=True)
class SoldSlot:
    """Positions of one slot of a sold line; `location` has its present id."""

    order_id: str
    location: str
    starts_at_s: int
    positions: int
    price_minor: int
    currency: str

    @property
    def total_minor(self) -> int:
        """The price of all its positions."""
        return self.positions * self.price_minor


def read_sold_slots(
    connection: Connection, sites: Sites, since: datetime, until: datetime
) -> Iterator[SoldSlot]:
    """The sold slots that start in [since, until), without make-goods, which cost nothing."""
    for line in read_sold_lines(connection, since, until):
        if line.make_good_of is None:
            yield from _list_slots(line, sites, since, until)


def _list_slots(
    line: BookedLine, sites: Sites, since: datetime, until: datetime
) -> Iterator[SoldSlot]:
    location = sites.current_id(line.location)
    first_s, last_s = since.timestamp(), min(until, line.ends_at).timestamp()
    for starts_at_s, price_minor in line.prices:
        if first_s <= starts_at_s < last_s:
            yield SoldSlot(
                line.order_id, location, starts_at_s, line.positions, price_minor, line.currency
            )
