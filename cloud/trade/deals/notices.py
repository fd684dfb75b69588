"""The notices of bids: stored with the decision, sent afterwards, each kind once for a bid.

`nurl` tells that a bid has won, `lurl` why it has lost. `burl` tells the impressions that are
billed, when the delivery of the line is final: at most those that were sent, and those that the
invoice has. A notice is claimed before it is sent. It is sent again, with the same address, only
where it may not have arrived; a bidder tells such repetitions by `${AUCTION_ID}`.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, select, true, update
from sqlalchemy.exc import SQLAlchemyError

from cloud import database
from cloud.app.context import AppContext
from cloud.billing.cpm_contracts import DeliveredPlays, read_contracts
from cloud.campaigns.delivery import LATE_DATA, read_delivery
from cloud.messaging.deadline import Deadline
from cloud.money import major
from cloud.pricing.slot import HOUR
from cloud.trade.deals.bidder_client import BidderClient, BidderError
from cloud.trade.deals.deal import PrivateDeal
from cloud.trade.deals.evaluation import RatedBid
from cloud.trade.deals.request_store import BidRequestRecord, find_request
from cloud.trade.deals.tables import bid_notices
from cloud.trade.openrtb.bid_request import IMPRESSION_ID
from cloud.trade.openrtb.loss_reasons import LossReason
from cloud.trade.openrtb.macros import substitute

log = logging.getLogger(__name__)
MOST_ATTEMPTS: Final = 8
CLAIM: Final = timedelta(minutes=5)
FIRST_WAIT: Final = timedelta(minutes=1)
MOST_AT_ONCE: Final = 200
FAULT: Final = "an internal error: the log has the cause with the id of the request"
NOTHING_DELIVERED: Final = "nothing was delivered: there is nothing to bill"


class NoticeKind(StrEnum):
    """OpenRTB's notices."""

    WIN = "nurl"
    BILLING = "burl"
    LOSS = "lurl"


class NoticeStatus(StrEnum):
    """What became of a notice."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    VOID = "void"  # a burl of a line that has delivered nothing


@dataclass(slots=True)
class NoticeCount:
    """What became of the notices that were due."""

    sent: int = 0
    failed: int = 0
    void: int = 0


def store_notices(
    connection: Connection,
    deal: PrivateDeal,
    record: BidRequestRecord,
    response_bid: str | None,
    rated: Sequence[RatedBid],
    won: RatedBid | None,
    now: datetime,
) -> None:
    """Store the notices of every bid of a response, in the transaction of the decision."""
    rows = []
    for one in rated:
        values = _describe(deal, record, response_bid, one, is_won=one is won)
        final_at = record.slot_at + HOUR + LATE_DATA
        kinds = (
            ((NoticeKind.WIN, one.bid.nurl, now), (NoticeKind.BILLING, one.bid.burl, final_at))
            if one is won
            else ((NoticeKind.LOSS, one.bid.lurl, now),)
        )
        rows += [
            {
                "request_id": record.id, "bid_number": one.number, "kind": kind.value, "url": url,
                "details": msgspec.json.encode(values).decode(),
                "status": NoticeStatus.PENDING.value, "due_at": due_at, "attempts": 0,
            }
            for kind, url, due_at in kinds
            if url
        ]  # fmt: skip
    if rows:
        connection.execute(bid_notices.insert(), rows)


def send_notices(
    context: AppContext,
    client: BidderClient,
    request_id: str | None = None,
    deadline: Deadline | None = None,
) -> NoticeCount:
    """Send the notices that are due, of one request or of all.

    None is begun after the deadline: those stay due.
    """
    count = NoticeCount()
    of = true() if request_id is None else bid_notices.c.request_id == request_id
    with database.reading(context.engine) as connection:
        due = connection.execute(
            select(bid_notices)
            .where(of, _is_due(context.clock()))
            .order_by(bid_notices.c.due_at, bid_notices.c.id)
            .limit(MOST_AT_ONCE)
        ).mappings().all()  # fmt: skip
    for row in due:
        if deadline is not None and deadline.is_over:
            break
        try:
            _send(context, client, dict(row), count)
        except SQLAlchemyError:
            raise
        except Exception:  # one notice that cannot be computed stops no other
            log.exception("notices.fault", extra={"request": row["request_id"]})
            count.failed += 1
            _store_failure(context, dict(row), BidderError(FAULT), context.clock())
    return count


def list_notices(connection: Connection, request_ids: Sequence[str]) -> Sequence[Mapping[str, Any]]:
    """The notices of requests, in the order of their bids."""
    columns = bid_notices.c
    query = select(bid_notices).where(columns.request_id.in_(list(request_ids)))
    rows = connection.execute(query.order_by(columns.bid_number, columns.id)).mappings()
    return [dict(row) for row in rows]


def _send(
    context: AppContext, client: BidderClient, row: Mapping[str, Any], count: NoticeCount
) -> None:
    now = context.clock()
    with database.writing(context.engine) as connection:
        if not _claim(connection, row, now):
            return
        billed = None
        if row["kind"] == NoticeKind.BILLING.value:
            billed = _compute_billed(connection, context, row["request_id"], now)
            if billed is None:
                _store(connection, row, NoticeStatus.VOID, failure=NOTHING_DELIVERED)
                count.void += 1
                return
    values = msgspec.json.decode(row["details"], type=dict[str, str])
    if billed is not None:
        values["AUCTION_MULTIPLIER"] = f"{billed:f}"
    try:
        client.notify(substitute(row["url"], values))
    except BidderError as error:
        count.failed += 1
        _store_failure(context, row, error, now)
        return
    count.sent += 1
    stated = None if billed is None else f"{billed:f}"
    with database.writing(context.engine) as connection:
        _store(connection, row, NoticeStatus.SENT, sent_at=now, billed=stated, failure=None)


def _compute_billed(
    connection: Connection, context: AppContext, request_id: str, now: datetime
) -> Decimal | None:
    """The impressions that the invoice has; None for none."""
    record = find_request(connection, request_id)
    assert record.line_id is not None
    found = read_delivery(connection, [record.line_id], now, sites=context.sites)
    contract = read_contracts(connection, [record.line_id]).get(record.line_id)
    delivery = found.get(record.line_id)
    if delivery is None or contract is None or not delivery.plays:
        return None
    billed = contract.count_billed(DeliveredPlays(delivery.plays, Decimal(delivery.ots)))
    return billed if billed > 0 else None


def _claim(connection: Connection, row: Mapping[str, Any], now: datetime) -> bool:
    """Whether the caller is the one that sends; after `CLAIM` another attempt may begin."""
    columns = bid_notices.c
    claimed = update(bid_notices).where(
        columns.id == row["id"], columns.attempts == row["attempts"], _is_due(now)
    )
    values = {"attempts": row["attempts"] + 1, "due_at": now + CLAIM}
    return bool(connection.execute(claimed.values(values)).rowcount)


def _store_failure(
    context: AppContext, row: Mapping[str, Any], error: BidderError, now: datetime
) -> None:
    attempts = row["attempts"] + 1
    is_over = error.is_final or attempts >= MOST_ATTEMPTS
    status = NoticeStatus.FAILED if is_over else NoticeStatus.PENDING
    wait = FIRST_WAIT * 2 ** (attempts - 1)
    with database.writing(context.engine) as connection:
        _store(connection, row, status, due_at=now + wait, failure=str(error)[:200])


def _store(
    connection: Connection, row: Mapping[str, Any], status: NoticeStatus, **values: Any
) -> None:
    changed = update(bid_notices).where(bid_notices.c.id == row["id"])
    connection.execute(changed.values(status=status.value, **values))


def _is_due(now: datetime) -> ColumnElement[bool]:
    columns = bid_notices.c
    return and_(columns.status == NoticeStatus.PENDING.value, columns.due_at <= now)


def _describe(
    deal: PrivateDeal,
    record: BidRequestRecord,
    response_bid: str | None,
    one: RatedBid,
    *,
    is_won: bool,
) -> dict[str, str]:
    """The values of macros; the price of a bid that has lost is not sent."""
    values = {
        "AUCTION_ID": record.id,
        "AUCTION_BID_ID": response_bid or "",
        "AUCTION_IMP_ID": IMPRESSION_ID,
        "AUCTION_SEAT_ID": one.seat or "",
        "AUCTION_AD_ID": one.bid.adid or "",
        "AUCTION_CURRENCY": deal.currency,
        "AUCTION_LOSS": str(int(LossReason.WON if one.loss is None else one.loss)),
    }
    if not is_won:
        return values
    price = f"{major(one.price_minor, deal.currency):f}"
    return values | {"AUCTION_PRICE": price, "AUCTION_MULTIPLIER": f"{record.quantity:f}"}
