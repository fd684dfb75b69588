"""Deals of one account in OpenRTB's `pmp`: lines that it has booked, and prices that are its own.

A deal at a fixed price is bought at its `bidfloor`; in a first-price auction that is the least bid.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from typing import Any


class AuctionType(IntEnum):
    """OpenRTB's `at`."""

    FIRST_PRICE = 1
    FIXED_PRICE = 3


@dataclass(frozen=True, slots=True)
class InventoryDeal:
    """A deal with its price for a thousand impressions."""

    id: str
    floor_cpm: Decimal
    auction: AuctionType = AuctionType.FIXED_PRICE
    seats: tuple[str, ...] = ()


def describe_deals(
    deals: Sequence[InventoryDeal], currency: str, *, is_private: bool
) -> dict[str, Any]:
    """The `pmp` object; `is_private` where only bids for one of the deals are accepted."""
    return {
        "private_auction": int(is_private),
        "deals": [_describe(deal, currency) for deal in deals],
    }


def _describe(deal: InventoryDeal, currency: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": deal.id,
        "bidfloor": float(deal.floor_cpm),
        "bidfloorcur": currency,
        "at": int(deal.auction),
    }
    return found | {"wseat": list(deal.seats)} if deal.seats else found
