"""What an account has agreed on for a slot: the lines that it booked, its own price, its deals.

A booked line and a negotiated price are bought at a fixed price per thousand impressions, that of
the line or of the quote. A private deal has its own floor, or the price of the slot.
"""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, select

from cloud.booking.order_line import BookingStatus
from cloud.booking.orders.order import BookedLine
from cloud.booking.orders.order_rows import read_lines_by_id
from cloud.booking.orders.tables import booked_lines, orders
from cloud.money import major
from cloud.pricing.cpm import floor_cpm, multiplier
from cloud.pricing.impressions import PlayImpressions, Spot
from cloud.pricing.market import Market
from cloud.pricing.rtb_deals import InventoryDeal
from cloud.pricing.slot import Slot
from cloud.sites.site_model import Site
from cloud.sites.sites import Sites
from cloud.trade.deals.deal import PrivateDeal, list_open_deals
from cloud.trade.openrtb.bid_request import round_floor_minor
from wire.scalars import LocationId

CURRENT: Final = (
    BookingStatus.BOOKED, BookingStatus.IN_FLIGHT, BookingStatus.PAUSED,
    BookingStatus.CHANGE_PENDING,
)  # fmt: skip
"""States of lines that are still to be played."""
MOST_DEALS: Final = 100
BookedPrices = Mapping[str, tuple[tuple[str, int], ...]]
"""By location: the lines of an account in a slot, each with the price of one position."""


def read_booked_prices(
    connection: Connection, sites: Sites, account: str, slots: Mapping[LocationId, Slot]
) -> BookedPrices:
    """The lines of an account in one slot of each location."""
    if not slots:
        return {}
    starts = [slot.starts_at for slot in slots.values()]
    columns = booked_lines.c
    wanted = (
        select(columns.line_id)
        .join(orders, orders.c.id == columns.order_id)
        .where(
            orders.c.account == account,
            columns.booking_status.in_(CURRENT),
            columns.starts_at <= max(starts),
            columns.ends_at > min(starts),
        )
    )
    found: dict[str, list[tuple[str, int]]] = {}
    for line in read_lines_by_id(connection, connection.execute(wanted).scalars()):
        location = sites.current_id(line.location)
        price = _price_in(line, slots.get(location))
        if price:
            found.setdefault(location, []).append((line.line_id, price))
    return {location: tuple(lines) for location, lines in found.items()}


def read_open_deals(
    connection: Connection, account: str, slots: Mapping[LocationId, Slot]
) -> Mapping[str, tuple[PrivateDeal, ...]]:
    """The open deals of an account, as many as the latest `MOST_DEALS`, by location."""
    if not slots:
        return {}
    starts = [slot.starts_at for slot in slots.values()]
    every = list_open_deals(connection, account, min(starts), max(starts), limit=MOST_DEALS)
    return {
        location: tuple(deal for deal in every if deal.has_slot(location, slot.starts_at))
        for location, slot in slots.items()
    }


def list_deals(
    site: Site,
    spot: Spot,
    rungs: PlayImpressions,
    market: Market,
    price_minor: int,
    booked: tuple[tuple[str, int], ...],
    private: tuple[PrivateDeal, ...] = (),
) -> tuple[InventoryDeal, ...]:
    """The deals of an account in a slot; none where a price per thousand does not exist."""
    per_play = multiplier(rungs.ots.p50)
    if per_play <= 0:
        return ()
    prices = [*booked]
    if market.override is not None and market.override.account is not None:
        prices.append((f"price-{market.override.number}", price_minor))
    fixed = [
        InventoryDeal(name, floor_cpm(price, spot, per_play, site.currency))
        for name, price in prices
    ]
    floor_minor = round_floor_minor(
        floor_cpm(price_minor, spot, per_play, site.currency), site.currency
    )
    offered = [
        InventoryDeal(
            deal.id,
            major(deal.floor_minor or floor_minor, site.currency),
            deal.auction,
            () if deal.seat is None else (deal.seat,),
        )
        for deal in private
        if deal.currency == site.currency
    ]
    return (*fixed, *offered)


def _price_in(line: BookedLine, slot: Slot | None) -> int | None:
    """The price of a position of the line in a slot; None for a slot that it does not have."""
    if slot is None:
        return None
    return dict(line.prices).get(int(slot.starts_at.timestamp()))
