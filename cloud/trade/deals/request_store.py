"""The bid requests of deals: open, then asked exactly once, then decided.

`OPEN` is stored before the bidder is asked. Whoever moves it to `ASKED` asks; a process that ends
in between leaves it there, and `expire_requests` ends it. A decision is stored in the transaction
of the booking.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select, update

from cloud.trade.deals.deal import PrivateDeal
from cloud.trade.deals.tables import bid_requests
from cloud.trade.openrtb.bid_request import SlotOffer, build_bid_request
from cloud.trade.openrtb.loss_reasons import LossReason

LONGEST: Final = timedelta(minutes=1)
"""After it, a request without a decision was interrupted."""
INTERRUPTED: Final = "the program ended before an answer was read"


class RequestStatus(StrEnum):
    """What became of a request."""

    OPEN = "open"
    ASKED = "asked"
    WON = "won"
    REFUSED = "refused"  # every bid lost
    NO_BID = "no-bid"
    FAILED = "failed"  # no answer, or one that cannot be read


PENDING: Final = (RequestStatus.OPEN.value, RequestStatus.ASKED.value)


class UnknownRequestError(LookupError):
    """No bid request with that id in the deal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BidRequestRecord:
    """A request with its decision."""

    id: str
    deal_id: str
    location: str
    slot_at: datetime
    status: RequestStatus
    floor_minor: int
    per_play: Decimal
    quantity: Decimal
    request: str
    requested_at: datetime
    requested_by: str
    decided_at: datetime | None = None
    loss_reason: LossReason | None = None
    reason: str | None = None
    price_minor: int | None = None
    creative: str | None = None
    line_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestDecision:
    """What a request ends with."""

    status: RequestStatus
    reason: str | None = None
    loss_reason: LossReason | None = None
    price_minor: int | None = None
    creative: str | None = None
    line_id: str | None = None


def open_request(
    connection: Connection, deal: PrivateDeal, offer: SlotOffer, *, by: str, now: datetime
) -> BidRequestRecord:
    """Store a request that is to be sent."""
    request_id = secrets.token_hex(16)
    request = build_bid_request(
        offer, request_id=request_id, deal_id=deal.id, auction=deal.auction, seat=deal.seat,
        tmax_ms=deal.tmax_ms,
    )  # fmt: skip
    text = msgspec.json.encode(request).decode()
    record = BidRequestRecord(
        id=request_id, deal_id=deal.id, location=offer.site.id,
        slot_at=offer.slot.starts_at, status=RequestStatus.OPEN, floor_minor=offer.floor_minor,
        per_play=offer.per_play, quantity=offer.quantity, request=text,
        requested_at=now, requested_by=by[:120],
    )  # fmt: skip
    row = {one.name: getattr(record, one.name) for one in fields(record)}
    row |= {"status": record.status.value, "per_play": f"{record.per_play:f}"}
    row |= {"quantity": f"{record.quantity:f}"}
    connection.execute(bid_requests.insert().values(row))
    return record


def claim_request(connection: Connection, request_id: str) -> bool:
    """Whether the caller is the one that asks the bidder."""
    columns = bid_requests.c
    claimed = (
        update(bid_requests)
        .where(columns.id == request_id, columns.status == RequestStatus.OPEN.value)
        .values(status=RequestStatus.ASKED.value)
    )
    return bool(connection.execute(claimed).rowcount)


def decide_request(
    connection: Connection, request_id: str, decision: RequestDecision, now: datetime
) -> bool:
    """Store a decision; False where the request has one already."""
    columns = bid_requests.c
    loss = None if decision.loss_reason is None else int(decision.loss_reason)
    decided = (
        update(bid_requests)
        .where(columns.id == request_id, columns.status == RequestStatus.ASKED.value)
        .values(
            status=decision.status.value, decided_at=now, loss_reason=loss,
            reason=decision.reason, price_minor=decision.price_minor,
            creative=decision.creative, line_id=decision.line_id,
        )
    )  # fmt: skip
    return bool(connection.execute(decided).rowcount)


def expire_requests(connection: Connection, now: datetime) -> int:
    """End the requests that were interrupted; returns how many."""
    columns = bid_requests.c
    ended = (
        update(bid_requests)
        .where(columns.status.in_(PENDING), columns.requested_at <= now - LONGEST)
        .values(status=RequestStatus.FAILED.value, decided_at=now, reason=INTERRUPTED)
    )
    return connection.execute(ended).rowcount


def find_request(connection: Connection, request_id: str) -> BidRequestRecord:
    """A request by its id; raises UnknownRequestError."""
    query = select(bid_requests).where(bid_requests.c.id == request_id[:32])
    row = connection.execute(query).mappings().first()
    if row is None:
        raise UnknownRequestError(f"no bid request {request_id[:32]!r}")
    return _to_record(row)


def list_requests(
    connection: Connection, deal_id: str, *, offset: int, limit: int
) -> Sequence[BidRequestRecord]:
    """A page of the requests of a deal, the latest first."""
    latest_first = (bid_requests.c.requested_at.desc(), bid_requests.c.id)
    query = select(bid_requests).where(bid_requests.c.deal_id == deal_id).order_by(*latest_first)
    rows = connection.execute(query.offset(offset).limit(limit)).mappings()
    return [_to_record(row) for row in rows]


def _to_record(row: Any) -> BidRequestRecord:
    loss = row["loss_reason"]
    return BidRequestRecord(
        **{
            **row,
            "status": RequestStatus(row["status"]),
            "per_play": Decimal(row["per_play"]),
            "quantity": Decimal(row["quantity"]),
            "loss_reason": None if loss is None else LossReason(loss),
        }
    )
