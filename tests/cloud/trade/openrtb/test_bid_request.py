"""A request sells the whole hour of one position: the floor and the multiplier give its price."""

from decimal import Decimal

import msgspec
import pytest

from cloud.forecast.intervals.interval import Interval
from cloud.money import major
from cloud.pricing.cpm import floor_cpm, play_cost_minor, slot_price_minor
from cloud.pricing.rtb_deals import AuctionType
from cloud.trade.openrtb.bid_request import (
    SlotOffer,
    build_bid_request,
    round_floor_minor,
    round_price_minor,
)
from cloud.trade.openrtb.dialects import normalise_request
from tests.cloud.pricing.test_inventory import KNOWN, MONDAY, SPOT, rungs


def offer(people: float = 1200, price_minor: int = 1200) -> SlotOffer:
    ladder = rungs(Interval(people, people, people))
    cpm = floor_cpm(price_minor, SPOT, Decimal(repr(round(ladder.ots.p50, 6))), "GBP")
    return SlotOffer(
        site=KNOWN, slot=MONDAY, spot=SPOT, rungs=ladder, price_minor=price_minor,
        floor_minor=round_floor_minor(cpm, "GBP"),
    )  # fmt: skip


def build(found: SlotOffer, seat: str | None = "dsp-7") -> dict:
    return build_bid_request(
        found, request_id="r1", deal_id="d1", auction=AuctionType.FIRST_PRICE, seat=seat,
        tmax_ms=300,
    )  # fmt: skip


def test_the_request_offers_one_impression_to_one_deal():
    request = build(offer())
    (imp,) = request["imp"]
    assert {name: request[name] for name in ("id", "at", "tmax", "cur", "wseat")} == {
        "id": "r1", "at": 1, "tmax": 300, "cur": ["GBP"], "wseat": ["dsp-7"],
    }  # fmt: skip
    assert request["device"]["devicetype"] == 8
    assert not request.keys() & {"site", "app", "user"}
    assert imp["qty"] == {"multiplier": 551.71308, "sourcetype": 2}
    assert (imp["bidfloor"], imp["bidfloorcur"], imp["exp"]) == (21.76, "GBP", 3600)
    assert imp["video"]["mincpmpersec"] == 2.176
    deal = {"id": "d1", "bidfloor": 21.76, "bidfloorcur": "GBP", "at": 1, "wseat": ["dsp-7"]}
    assert imp["pmp"] == {"private_auction": 1, "deals": [deal]}
    assert "wseat" not in build(offer(), None)
    assert normalise_request(msgspec.json.decode(msgspec.json.encode(request))) == request


@pytest.mark.parametrize("people", [0.5, 37, 1200, 54_321])
@pytest.mark.parametrize("price_minor", [1, 1200, 99_999])
def test_a_bid_at_the_floor_pays_at_least_the_price_of_the_slot(people, price_minor):
    found = offer(people, price_minor)
    floor = major(found.floor_minor, "GBP")
    cost = play_cost_minor(floor, found.quantity, "GBP")
    assert cost == slot_price_minor(floor, SPOT, found.per_play, "GBP")
    assert price_minor <= cost <= price_minor + found.quantity / 1000 + 1
    assert found.quantity == found.per_play * found.plays


@pytest.mark.parametrize(
    ("cpm", "floor_minor", "price_minor"),
    [("21.763", 2177, 2176), ("21.76", 2176, 2176), ("0.001", 1, 0), ("22", 2200, 2200)],
)
def test_a_floor_is_never_less_and_a_price_never_more(cpm, floor_minor, price_minor):
    assert round_floor_minor(Decimal(cpm), "GBP") == floor_minor
    assert round_price_minor(Decimal(cpm), "GBP") == price_minor
    assert round_floor_minor(Decimal("2176.3"), "JPY") == 2177
