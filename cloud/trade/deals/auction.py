"""Ask the bidder of a deal for one slot, decide, book, and tell the bidder.

The request is stored first and asked by one process only. The bidder is called outside of every
transaction. The decision, the booking and the notices are one transaction: a bid that wins has its
position, and an answer that comes after the time limit, or twice, wins nothing.
"""

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import Connection

from cloud import database
from cloud.app.context import AppContext
from cloud.app.orders.open_work import open_work
from cloud.auth import audit
from cloud.booking.orders.order_work import Actor
from cloud.booking.transactions import run_booking
from cloud.messaging.deadline import Deadline
from cloud.trade.deals.bidder_client import BidderClient, BidderError
from cloud.trade.deals.deal import PrivateDeal, find_deal
from cloud.trade.deals.evaluation import RatedBid, rate_bids
from cloud.trade.deals.notices import send_notices, store_notices
from cloud.trade.deals.request_store import (
    BidRequestRecord,
    RequestDecision,
    RequestStatus,
    claim_request,
    decide_request,
    find_request,
)
from cloud.trade.deals.winning import UNBOOKABLE, book_win, check_creative, find_loss
from cloud.trade.openrtb.bid_response import BidResponse, BidResponseError, decode_response
from cloud.trade.openrtb.loss_reasons import LossReason

DECIDE: Final = "deal.decide"
NOTICES_S: Final = 5.0
"""How long the caller waits for notices: a bidder that is slow gets the rest of them later."""
Failure = tuple[LossReason, str]


class RequestDecidedError(RuntimeError):
    """A request that another process has decided; the transaction is rolled back."""


def run_auction(
    context: AppContext, client: BidderClient, actor: Actor, request_id: str
) -> BidRequestRecord:
    """Ask for a request that is open, and return it with its decision; else return it as it is."""
    with database.writing(context.engine) as connection:
        is_claimed = claim_request(connection, request_id)
        record = find_request(connection, request_id)
        deal = find_deal(connection, record.deal_id, None)
    if not is_claimed:
        return record
    try:
        answer = client.ask(deal.url, record.request.encode(), deal.tmax_ms)
        response = decode_response(answer)
    except (BidderError, BidResponseError) as error:
        _fail(context, actor, deal, record, str(error))
    else:
        _decide(context, actor, deal, record, response)
        context.booking_cache.clear()
        send_notices(context, client, request_id, Deadline.after(NOTICES_S))
    with database.reading(context.engine) as connection:
        return find_request(connection, request_id)


def _decide(
    context: AppContext,
    actor: Actor,
    deal: PrivateDeal,
    record: BidRequestRecord,
    response: BidResponse,
) -> None:
    """Decide in one transaction; where the slot cannot be booked, in a second one."""
    settle = partial(_settle, context, actor, deal, record, response)
    try:
        try:
            run_booking(context.engine, lambda connection: settle(connection, None))
        except UNBOOKABLE as error:
            failure = (find_loss(error), str(error))
            run_booking(context.engine, lambda connection: settle(connection, failure))
    except RequestDecidedError:
        return


def _settle(
    context: AppContext,
    actor: Actor,
    deal: PrivateDeal,
    record: BidRequestRecord,
    response: BidResponse,
    connection: Connection,
    failure: Failure | None,
) -> None:
    work = open_work(context, connection, actor)
    check = partial(check_creative, work, deal, record.location)
    rated = rate_bids(deal, record, response, check, work.now)
    won = next((one for one in rated if one.loss is None and failure is None), None)
    line_id = None if won is None else book_win(work, deal, record, won)
    rated = [one if one is won else _lose(one, failure) for one in rated]
    decision = _describe(rated, won, line_id, response)
    if not decide_request(connection, record.id, decision, work.now):
        raise RequestDecidedError
    store_notices(connection, deal, record, response.bidid, rated, won, work.now)
    _record(connection, deal, record, decision, actor, work.now)


def _lose(one: RatedBid, failure: Failure | None) -> RatedBid:
    """A bid that does not win, with its reason."""
    if one.loss is not None:
        return one
    loss, reason = failure or (LossReason.HIGHER_BID, "another bid is higher")
    return replace(one, loss=loss, reason=reason)


def _describe(
    rated: list[RatedBid], won: RatedBid | None, line_id: str | None, response: BidResponse
) -> RequestDecision:
    if won is not None:
        return RequestDecision(
            status=RequestStatus.WON, loss_reason=LossReason.WON, price_minor=won.price_minor,
            creative=won.bid.crid, line_id=line_id,
        )  # fmt: skip
    if rated:
        return RequestDecision(
            status=RequestStatus.REFUSED, loss_reason=rated[0].loss, reason=rated[0].reason
        )
    why = "" if response.nbr is None else f", reason {response.nbr}"
    return RequestDecision(status=RequestStatus.NO_BID, reason=f"the bidder did not bid{why}")


def _fail(
    context: AppContext, actor: Actor, deal: PrivateDeal, record: BidRequestRecord, reason: str
) -> None:
    now = context.clock()
    decision = RequestDecision(status=RequestStatus.FAILED, reason=reason)
    with database.writing(context.engine) as connection:
        if decide_request(connection, record.id, decision, now):
            _record(connection, deal, record, decision, actor, now)


def _record(
    connection: Connection,
    deal: PrivateDeal,
    record: BidRequestRecord,
    decision: RequestDecision,
    actor: Actor,
    now: datetime,
) -> None:
    loss = None if decision.loss_reason is None else int(decision.loss_reason)
    audit.record_change(
        connection, at=now, actor=actor.name[:120], action=DECIDE, about=deal.id,
        details={
            "account": deal.account, "request": record.id, "status": decision.status.value,
            "price_minor": decision.price_minor, "line": decision.line_id, "loss": loss,
        },
    )  # fmt: skip
