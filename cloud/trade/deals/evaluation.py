"""Which bid of a response may win, and why each of the others loses: pure rules.

A bid is for the deal and the impression of the request, at the floor or above it, in the currency
of the deal, with an approved creative, and its bidder waits until the play. The highest price wins;
of equal prices the first. At a fixed price the winner pays the floor, else what it has bid.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from cloud.pricing.rtb_deals import AuctionType
from cloud.trade.deals.deal import PrivateDeal
from cloud.trade.deals.request_store import BidRequestRecord
from cloud.trade.openrtb.bid_request import IMPRESSION_ID, round_price_minor
from cloud.trade.openrtb.bid_response import Bid, BidResponse
from cloud.trade.openrtb.loss_reasons import LossReason

LARGEST_PRICE: Final = Decimal(10) ** 7
"""A price per thousand above it is an error of the bidder."""
CheckCreative = Callable[[str], tuple[LossReason, str] | None]
"""Why a creative may not be shown at the screen; None where it may."""


@dataclass(frozen=True, slots=True)
class RatedBid:
    """A bid with its number in the response; without a loss reason it is eligible."""

    number: int
    seat: str | None
    bid: Bid
    price_minor: int = 0
    loss: LossReason | None = None
    reason: str = ""


def rate_bids(
    deal: PrivateDeal,
    record: BidRequestRecord,
    response: BidResponse,
    check_creative: CheckCreative,
    now: datetime,
) -> list[RatedBid]:
    """Every bid, the eligible ones first, the best of them first."""
    whole = _refuse_response(deal, record, response)
    rated = [
        _rate(deal, record, number, seat, bid, check_creative, now, whole)
        for number, (seat, bid) in enumerate(response.iterate_bids())
    ]
    return sorted(rated, key=lambda one: (one.loss is not None, -one.price_minor, one.number))


def _refuse_response(
    deal: PrivateDeal, record: BidRequestRecord, response: BidResponse
) -> tuple[LossReason, str] | None:
    """Why every bid of a response loses."""
    if response.id != record.id:
        return LossReason.INVALID_REQUEST_ID, f"the answer is to request {response.id[:40]!r}"
    if response.cur != deal.currency:
        found = f"the bids are in {response.cur[:8]!r}, the deal is in {deal.currency}"
        return LossReason.INVALID_RESPONSE, found
    return None


def _rate(
    deal: PrivateDeal,
    record: BidRequestRecord,
    number: int,
    seat: str | None,
    bid: Bid,
    check_creative: CheckCreative,
    now: datetime,
    whole: tuple[LossReason, str] | None,
) -> RatedBid:
    found = (
        whole
        or _refuse_target(deal, seat, bid)
        or _refuse_price(deal, record, bid)
        or _refuse_time(record, bid, now)
        or _refuse_creative(bid, check_creative)
    )
    if found is not None:
        return RatedBid(number, seat, bid, 0, *found)
    assert bid.price is not None
    is_fixed = deal.auction is AuctionType.FIXED_PRICE
    price = record.floor_minor if is_fixed else round_price_minor(bid.price, deal.currency)
    return RatedBid(number, seat, bid, price)


def _refuse_target(deal: PrivateDeal, seat: str | None, bid: Bid) -> tuple[LossReason, str] | None:
    if bid.impid != IMPRESSION_ID:
        return LossReason.INVALID_RESPONSE, f"there is no impression {bid.impid[:40]!r}"
    if bid.dealid != deal.id:
        return LossReason.INVALID_DEAL, f"the bid is for the deal {(bid.dealid or '')[:40]!r}"
    if deal.seat is not None and seat != deal.seat:
        return LossReason.SEAT_BLOCKED, f"the seat is {(seat or '')[:40]!r}"
    return None


def _refuse_price(
    deal: PrivateDeal, record: BidRequestRecord, bid: Bid
) -> tuple[LossReason, str] | None:
    if bid.price is None or not bid.price.is_finite() or bid.price <= 0:
        return LossReason.MISSING_PRICE, "the bid has no price above zero"
    if bid.price > LARGEST_PRICE:
        return LossReason.INVALID_RESPONSE, f"the price is above {LARGEST_PRICE}"
    if round_price_minor(bid.price, deal.currency) < record.floor_minor:
        return LossReason.BELOW_DEAL_FLOOR, "the price is below the floor"
    return None


def _refuse_time(
    record: BidRequestRecord, bid: Bid, now: datetime
) -> tuple[LossReason, str] | None:
    if now >= record.slot_at:
        return LossReason.OPPORTUNITY_EXPIRED, "the hour has begun"
    wait_s = Decimal((record.slot_at - now).total_seconds())
    if bid.exp is not None and not (bid.exp.is_finite() and bid.exp >= wait_s):
        return LossReason.OPPORTUNITY_EXPIRED, "the bid expires before the hour begins"
    return None


def _refuse_creative(bid: Bid, check_creative: CheckCreative) -> tuple[LossReason, str] | None:
    if not bid.crid:
        return LossReason.MISSING_CREATIVE_ID, "the bid names no creative"
    return check_creative(bid.crid)
