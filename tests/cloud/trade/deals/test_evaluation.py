"""Each fault of a bid has its loss reason; the best of the others wins."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest

from cloud.pricing.rtb_deals import AuctionType
from cloud.trade.deals.deal import PrivateDeal
from cloud.trade.deals.evaluation import rate_bids
from cloud.trade.deals.request_store import BidRequestRecord, RequestStatus
from cloud.trade.openrtb.bid_response import BidResponse, decode_response
from cloud.trade.openrtb.loss_reasons import LossReason
from tests.cloud.trade.deals.deal_examples import new_private_deal

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SLOT_AT = NOON + timedelta(hours=2)
NEW = new_private_deal("o1", NOON, seat="dsp-7")
DEAL = PrivateDeal(
    **{name: getattr(NEW, name) for name in NEW.__slots__},
    id="d1", account="acme", currency="GBP", created_at=NOON, created_by="me",
)  # fmt: skip
RECORD = BidRequestRecord(
    id="r1", deal_id="d1", location="KX-01", slot_at=SLOT_AT, status=RequestStatus.ASKED,
    floor_minor=2176, per_play=Decimal(9), quantity=Decimal(540), request="{}",
    requested_at=NOON, requested_by="me",
)  # fmt: skip
BID = {"id": "b1", "impid": "1", "price": 21.76, "dealid": "d1", "crid": "spring-sale"}


def respond(*bids: dict, seat: str | None = "dsp-7", **fields: object) -> BidResponse:
    plain = {"id": "r1", "cur": "GBP", "seatbid": [{"seat": seat, "bid": list(bids)}], **fields}
    return decode_response(msgspec.json.encode(plain))


def rate(response: BidResponse, deal: PrivateDeal = DEAL, now: datetime = NOON):
    return rate_bids(
        deal, RECORD, response,
        lambda name: None if name == "spring-sale" else (LossReason.CREATIVE_PENDING, "pending"),
        now,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "loss"),
    [
        ({"impid": "2"}, LossReason.INVALID_RESPONSE),
        ({"dealid": "d2"}, LossReason.INVALID_DEAL),
        ({"dealid": None}, LossReason.INVALID_DEAL),
        ({"price": 21.759}, LossReason.BELOW_DEAL_FLOOR),
        ({"price": 0}, LossReason.MISSING_PRICE),
        ({"price": -5}, LossReason.MISSING_PRICE),
        ({"price": None}, LossReason.MISSING_PRICE),
        ({"price": "NaN"}, LossReason.MISSING_PRICE),
        ({"price": "Infinity"}, LossReason.MISSING_PRICE),
        ({"price": 1e300}, LossReason.INVALID_RESPONSE),
        ({"exp": 7_199}, LossReason.OPPORTUNITY_EXPIRED),
        ({"exp": "NaN"}, LossReason.OPPORTUNITY_EXPIRED),
        ({"crid": None}, LossReason.MISSING_CREATIVE_ID),
        ({"crid": ""}, LossReason.MISSING_CREATIVE_ID),
        ({"crid": "other"}, LossReason.CREATIVE_PENDING),
    ],
)
def test_a_fault_of_a_bid_has_its_loss_reason(fields, loss):
    (rated,) = rate(respond({**BID, **fields}))
    assert rated.loss is loss
    assert rated.reason


@pytest.mark.parametrize(
    ("response", "loss"),
    [
        (respond(BID, BID, id="r2"), LossReason.INVALID_REQUEST_ID),
        (respond(BID, BID, cur="USD"), LossReason.INVALID_RESPONSE),
        (respond(BID, BID, seat="dsp-8"), LossReason.SEAT_BLOCKED),
        (respond(BID, BID, seat=None), LossReason.SEAT_BLOCKED),
    ],
)
def test_a_fault_of_a_response_is_one_of_every_bid(response, loss):
    assert [one.loss for one in rate(response)] == [loss, loss]


def test_a_bid_after_the_start_of_the_hour_is_too_late():
    (rated,) = rate(respond(BID), now=SLOT_AT)
    assert rated.loss is LossReason.OPPORTUNITY_EXPIRED


def test_the_highest_price_wins_and_of_equal_ones_the_first():
    bids = [{**BID, "id": str(number), "price": price} for number, price in
            enumerate((22, 25.999, 25.991, 20))]  # fmt: skip
    rated = rate(respond(*bids))
    assert [one.number for one in rated] == [1, 2, 0, 3]
    assert [one.price_minor for one in rated] == [2599, 2599, 2200, 0]


def test_at_a_fixed_price_the_floor_is_paid():
    fixed = PrivateDeal(**{
        **{name: getattr(DEAL, name) for name in (*NEW.__slots__, *PrivateDeal.__slots__)},
        "auction": AuctionType.FIXED_PRICE,
    })  # fmt: skip
    (rated,) = rate(respond({**BID, "price": 99, "exp": 7_200}), fixed)
    assert (rated.loss, rated.price_minor) == (None, 2176)
