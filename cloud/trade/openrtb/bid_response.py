"""Read a `BidResponse` of OpenRTB 2.6: bounded, with exact prices; unknown fields are ignored.

A response that is no JSON, or that lacks a required field, raises BidResponseError. What a bid says
is not checked here.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Final

import msgspec
from msgspec import Meta

MOST_BIDS: Final = 50
MOST_BYTES: Final = 256 * 1024
DEFAULT_CURRENCY: Final = "USD"
"""What the standard assumes where a response names no currency."""
PRINTABLE: Final = r"^[^\x00-\x1f\x7f]*$(?!\n)"
"""Without control characters: PostgreSQL stores no NUL, and no address has a line break."""
Text = Annotated[str, Meta(max_length=512, pattern=PRINTABLE)]
NoticeUrl = Annotated[str, Meta(max_length=4_000, pattern=PRINTABLE)]


class BidResponseError(ValueError):
    """A response that cannot be read."""


class Bid(msgspec.Struct, frozen=True, kw_only=True):
    """One bid. `price` is per thousand impressions; `exp` seconds from the auction to the play."""

    id: Text
    impid: Text
    price: Decimal | None = None
    dealid: Text | None = None
    crid: Text | None = None
    adid: Text | None = None
    exp: Decimal | None = None
    nurl: NoticeUrl | None = None
    burl: NoticeUrl | None = None
    lurl: NoticeUrl | None = None


class SeatBid(msgspec.Struct, frozen=True, kw_only=True):
    """The bids of one seat of the buyer."""

    bid: Annotated[tuple[Bid, ...], Meta(max_length=MOST_BIDS)] = ()
    seat: Text | None = None


class BidResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a request. Without bids it is no bid; `nbr` may say why."""

    id: Text = ""
    seatbid: Annotated[tuple[SeatBid, ...], Meta(max_length=MOST_BIDS)] = ()
    bidid: Text | None = None
    cur: str = DEFAULT_CURRENCY
    nbr: int | None = None

    def iterate_bids(self) -> Iterator[tuple[str | None, Bid]]:
        """Every bid with its seat."""
        for group in self.seatbid:
            for bid in group.bid:
                yield group.seat, bid


def decode_response(content: bytes) -> BidResponse:
    """Read a response; an empty one is no bid.

    Raises:
        BidResponseError: it is no BidResponse, or it has more bids than MOST_BIDS.
    """
    if not content.strip():
        return BidResponse()
    try:
        response = msgspec.json.decode(content, type=BidResponse)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BidResponseError(f"the answer is no BidResponse: {str(error)[:200]}") from None
    if sum(1 for _ in response.iterate_bids()) > MOST_BIDS:
        raise BidResponseError(f"the answer has more than {MOST_BIDS} bids")
    return response
