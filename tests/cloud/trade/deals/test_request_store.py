"""A request is asked by one process, decided once, and ended where it was interrupted."""

from datetime import timedelta

from cloud.database import writing
from cloud.trade.deals.deal import find_deal
from cloud.trade.deals.offers import compute_offer
from cloud.trade.deals.request_store import (
    INTERRUPTED,
    RequestDecision,
    RequestStatus,
    claim_request,
    decide_request,
    expire_requests,
    find_request,
    open_request,
)
from tests.cloud.trade.deals.conftest import Exchange


def test_a_request_that_was_interrupted_fails(exchange: Exchange) -> None:
    context = exchange.market.context
    now = context.clock()
    with writing(context.engine) as connection:
        deal = find_deal(connection, exchange.deal, None)
        offer = compute_offer(context, deal, "KX-01", exchange.next_slot())
        record = open_request(connection, deal, offer, by="me", now=now)
        assert claim_request(connection, record.id)
        assert not claim_request(connection, record.id)
        assert expire_requests(connection, now + timedelta(seconds=59)) == 0
        assert expire_requests(connection, now + timedelta(seconds=60)) == 1
        found = find_request(connection, record.id)
        assert (found.status, found.reason) == (RequestStatus.FAILED, INTERRUPTED)
        assert not decide_request(
            connection, record.id, RequestDecision(status=RequestStatus.WON), now
        )
