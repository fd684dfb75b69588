"""Build a `BidRequest` of OpenRTB 2.6 for one hour of one loop position, in a private deal.

The item is the whole hour: `qty.multiplier` is the impressions of one play times the plays of the
hour. So one bid buys what one line books, and one notice bills it. The floor is per thousand
impressions in whole minor units, which the price of a contract is in as well.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Final

from cloud.money import exponent, major
from cloud.pricing.cpm import cpm_per_second, multiplier
from cloud.pricing.impressions import PlayImpressions, Spot
from cloud.pricing.inventory import build_inventory_element
from cloud.pricing.rtb_deals import AuctionType, InventoryDeal, describe_deals
from cloud.pricing.slot import Slot
from cloud.sites.site_model import Site

IMPRESSION_ID: Final = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotOffer:
    """An hour of a loop position, with the impressions of one play and the floor of the deal."""

    site: Site
    slot: Slot
    spot: Spot
    rungs: PlayImpressions
    price_minor: int
    floor_minor: int

    @property
    def per_play(self) -> Decimal:
        """Impressions of one play."""
        return multiplier(self.rungs.ots.p50)

    @property
    def plays(self) -> Decimal:
        """Plays of the hour."""
        return self.spot.plays_per_hour

    @property
    def quantity(self) -> Decimal:
        """Impressions of the hour, which are sent."""
        return (self.per_play * self.plays).quantize(Decimal("1e-6"), ROUND_FLOOR)


def build_bid_request(
    offer: SlotOffer,
    *,
    request_id: str,
    deal_id: str,
    auction: AuctionType,
    seat: str | None,
    tmax_ms: int,
) -> dict[str, Any]:
    """The request as it is sent."""
    site = offer.site
    floor = major(offer.floor_minor, site.currency)
    element = build_inventory_element(
        site, offer.slot, offer.spot, offer.price_minor, offer.rungs, 1
    )
    (impression,) = element["imp"]
    seats = () if seat is None else (seat,)
    deal = InventoryDeal(deal_id, floor, auction, seats)
    impression |= {
        "id": IMPRESSION_ID,
        "bidfloor": float(floor),
        "secure": 1,
        "qty": impression["qty"] | {"multiplier": float(offer.quantity)},
        "pmp": describe_deals([deal], site.currency, is_private=True),
    }
    if "video" in impression:
        impression["video"]["mincpmpersec"] = float(cpm_per_second(floor, offer.spot))
    request = {
        "id": request_id,
        "at": int(AuctionType.FIRST_PRICE),
        "tmax": tmax_ms,
        "cur": [site.currency],
        **element,
    }
    return request | {"wseat": [seat]} if seat is not None else request


def round_floor_minor(floor_cpm: Decimal, currency: str) -> int:
    """A floor in whole minor units, never less."""
    return int(floor_cpm.scaleb(exponent(currency)).to_integral_value(ROUND_CEILING))


def round_price_minor(price_cpm: Decimal, currency: str) -> int:
    """What a bid pays in whole minor units, never more than it says."""
    return int(price_cpm.scaleb(exponent(currency)).to_integral_value(ROUND_FLOOR))
