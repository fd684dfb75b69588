"""Responses are read exactly and bounded; what is no response is refused."""

from decimal import Decimal

import pytest

from cloud.trade.openrtb.bid_response import MOST_BIDS, BidResponseError, decode_response


def test_prices_are_exact_and_unknown_fields_are_ignored():
    content = b"""{"id": "r", "cur": "GBP", "x": 1, "seatbid": [{"seat": "s", "bid": [
        {"id": "b", "impid": "1", "price": 21.76300001, "adm": "<vast/>", "ext": {"y": 2}}]}]}"""
    response = decode_response(content)
    ((seat, bid),) = response.iterate_bids()
    assert (response.id, response.cur, seat, bid.price) == ("r", "GBP", "s", Decimal("21.76300001"))


@pytest.mark.parametrize("content", [b"", b" ", b"{}", b'{"id": "r", "seatbid": []}'])
def test_no_bid_has_many_forms(content):
    assert list(decode_response(content).iterate_bids()) == []


def test_a_response_without_a_currency_is_in_dollars():
    assert decode_response(b'{"id": "r"}').cur == "USD"


BID = b'{"id": "b", "impid": "1", "price": 1}'


@pytest.mark.parametrize(
    "content",
    [
        b"<html>",
        b"[]",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"seatbid": {}}',
        b'{"seatbid": [{"bid": [{"id": "b"}]}]}',
        b'{"seatbid": [{"bid": [{"id": "b", "impid": "1", "price": "soon"}]}]}',
        b'{"seatbid": [{"bid": [' + b",".join([BID] * (MOST_BIDS + 1)) + b"]}]}",
        b'{"seatbid": [' + b",".join([b'{"bid": [' + BID + b"]}"] * (MOST_BIDS + 1)) + b"]}",
        b'{"seatbid": [' + b",".join([b'{"bid": [' + b",".join([BID] * 6) + b"]}"] * 9) + b"]}",
        b'{"seatbid": [{"bid": [{"id": "' + b"x" * 600 + b'", "impid": "1"}]}]}',
        b'{"seatbid": [{"bid": [{"id": "b", "impid": "1", "crid": "\\u0000"}]}]}',
        b'{"seatbid": [{"bid": [{"id": "b", "impid": "1", "lurl": "https://x\\n"}]}]}',
        b'{"nbr": ' + b"9" * 5_000 + b"}",
    ],
)
def test_what_is_no_response_is_refused(content):
    with pytest.raises(BidResponseError):
        decode_response(content)
