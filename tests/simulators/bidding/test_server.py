"""The simulated bidder answers as the test asks, and records requests and notices."""

import json
import urllib.request

import pytest

from simulators.bidding.answers import ANSWERS, build_response
from simulators.bidding.server import Bidder

REQUEST = {
    "id": "r1", "cur": ["GBP"], "dooh": {"id": "KX-01"},
    "imp": [{"id": "1", "pmp": {"deals": [{"id": "d1", "bidfloor": 21.76}]}}],
}  # fmt: skip


@pytest.fixture(scope="module")
def bidder():
    bidder = Bidder()
    bidder.start()
    yield bidder
    bidder.stop()


def test_it_bids_above_the_floor_of_the_deal(bidder: Bidder) -> None:
    request = urllib.request.Request(bidder.url, json.dumps(REQUEST).encode())
    with urllib.request.urlopen(request, timeout=10) as answer:
        ((bid,),) = (group["bid"] for group in json.load(answer)["seatbid"])
    assert (bid["price"], bid["dealid"], bid["impid"]) == (21.77, "d1", "1")
    assert bidder.requests[-1] == REQUEST


def test_it_records_notices(bidder: Bidder) -> None:
    with urllib.request.urlopen(f"{bidder.url}/win?price=21.77", timeout=10) as answer:
        assert answer.status == 204
    assert bidder.notices[-1] == ("win", {"price": "21.77"})


def test_no_two_behaviours_are_the_same() -> None:
    answers = [answer(REQUEST, "http://127.0.0.1:1", "tea") for answer in ANSWERS.values()]
    assert len({*answers}) == len(answers)


def test_a_field_that_is_none_is_absent() -> None:
    response = build_response(REQUEST, "http://127.0.0.1:1", "tea", dealid=None)
    assert "dealid" not in response["seatbid"][0]["bid"][0]
