"""The answers of the simulated bidder: a bid as OpenRTB 2.6 has it, or one with a certain fault.

A bid is for the first impression and its deal, one hundredth above the floor, with notices at the
address of the simulator.
"""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

Request = Mapping[str, Any]
CENT: Final = Decimal("0.01")
NOTICES: Final = {
    "nurl": "/win?price=${AUCTION_PRICE}&id=${AUCTION_ID}",
    "burl": "/bill?price=${AUCTION_PRICE}&multiplier=${AUCTION_MULTIPLIER}&id=${AUCTION_ID}",
    "lurl": "/loss?reason=${AUCTION_LOSS}&id=${AUCTION_ID}",
}
HUGE_BYTES: Final = 1024 * 1024


def build_response(request: Request, url: str, creative: str, **changes: Any) -> dict[str, Any]:
    """A response with one bid, of which `changes` replace fields; `cur` and `id` are of the
    response, `response_id` too.
    """
    (impression,) = request["imp"][:1]
    deal = impression["pmp"]["deals"][0]
    bid = {
        "id": "bid-1",
        "impid": impression["id"],
        "dealid": deal["id"],
        "price": float(Decimal(str(deal["bidfloor"])) + CENT),
        "crid": creative,
        "adomain": ["example.com"],
        "mtype": 2,
        **{kind: f"{url}{path}" for kind, path in NOTICES.items()},
    }
    response = {
        "id": changes.pop("response_id", request["id"]),
        "bidid": "response-1",
        "cur": changes.pop("cur", request["cur"][0]),
    }
    seat = changes.pop("seat", None) or (deal.get("wseat") or ["seat-1"])[0]
    bids = [
        {name: value for name, value in {**bid, **one}.items() if value is not None}
        for one in changes.pop("bids", [changes])
    ]
    return {**response, "seatbid": [{"seat": seat, "bid": bids}]}


def _encode(answer: Any) -> bytes:
    return json.dumps(answer).encode()


def _faulty(**changes: Any) -> Callable[[Request, str, str], bytes]:
    return lambda request, url, creative: _encode(build_response(request, url, creative, **changes))


def _below_floor(request: Request, url: str, creative: str) -> bytes:
    floor = Decimal(str(request["imp"][0]["pmp"]["deals"][0]["bidfloor"]))
    return _encode(build_response(request, url, creative, price=float(floor - CENT)))


def _two_bids(request: Request, url: str, creative: str) -> bytes:
    floor = Decimal(str(request["imp"][0]["pmp"]["deals"][0]["bidfloor"]))
    prices = [{"id": f"bid-{number}", "price": float(floor + number)} for number in (1, 2)]
    return _encode(build_response(request, url, creative, bids=prices))


ANSWERS: Final[Mapping[str, Callable[[Request, str, str], bytes]]] = {
    "bid": _faulty(),
    "no-bid": lambda *_: b"",
    "empty": lambda *_: b"{}",
    "reason": lambda request, *_: _encode({"id": request["id"], "nbr": 2}),
    "garbage": lambda *_: b"<html>502</html>",
    "deep": lambda *_: b"[" * 100_000,
    "huge": lambda *_: b" " * HUGE_BYTES,
    "currency": _faulty(cur="JPY"),
    "below-floor": _below_floor,
    "no-price": _faulty(price=0),
    "impression": _faulty(impid="99"),
    "deal": _faulty(dealid="another"),
    "no-deal": _faulty(dealid=None),
    "request": _faulty(response_id="another"),
    "expired": _faulty(exp=1),
    "seat": _faulty(seat="another"),
    "no-creative": _faulty(crid=None),
    "creative": _faulty(crid="unknown"),
    "two-bids": _two_bids,
}
"""What the bidder may answer; `late`, `hang` and `error` are of the server."""
