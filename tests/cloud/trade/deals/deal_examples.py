"""A private deal of Acme, with a simulated bidder on this machine."""

from datetime import datetime, timedelta
from typing import Any

from cloud.pricing.rtb_deals import AuctionType
from cloud.trade.deals.deal import NewDeal


def new_private_deal(order_id: str, now: datetime, **fields: Any) -> NewDeal:
    """For a month from now on, at the price of each slot."""
    values: dict[str, Any] = {
        "order_id": order_id, "name": "Acme, winter", "url": "https://bid.example.com/openrtb",
        "seat": None, "locations": (), "auction": AuctionType.FIRST_PRICE, "floor_minor": None,
        "tmax_ms": 300, "starts_at": now, "ends_at": now + timedelta(days=30),
    }  # fmt: skip
    return NewDeal(**values | fields)
