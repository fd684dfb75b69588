"""The API sends notices and ends interrupted requests; one bad notice stops no other."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import exc

from cloud.database import writing
from cloud.trade.deals import notice_sender, notices
from cloud.trade.deals.bidder_client import BidderClient
from cloud.trade.deals.notice_sender import BidNoticeSender
from cloud.trade.deals.notices import FAULT, NoticeCount
from tests.cloud.campaigns.campaign_data import report, store_reports
from tests.cloud.trade.deals.conftest import DEALS, Exchange

WEEK = timedelta(days=7)


@pytest.fixture
def sender(exchange: Exchange) -> BidNoticeSender:
    return BidNoticeSender(lambda: exchange.market.context, BidderClient(is_local_allowed=True))


def test_a_notice_that_cannot_be_computed_is_tried_again_later(
    exchange: Exchange, sender: BidNoticeSender, monkeypatch
) -> None:
    clock = exchange.market.context.clock
    start = clock.now
    won = [exchange.ask() for _ in range(2)]
    with writing(exchange.market.context.engine) as connection:
        for hour in range(2):
            store_reports(connection, report(hour + 1, hour, **{"spring-sale": 30}))
    compute = notices._compute_billed

    def compute_or_fail(connection, context, request_id, now):
        if request_id == won[0]["id"]:
            raise ZeroDivisionError
        return compute(connection, context, request_id, now)

    monkeypatch.setattr(notices, "_compute_billed", compute_or_fail)
    clock.now = datetime.fromisoformat(won[1]["starts_at"]) + timedelta(hours=1) + WEEK
    first = sender.step()
    monkeypatch.undo()
    again = sender.step()
    clock.advance(timedelta(minutes=1))
    later = sender.step()
    clock.now = start
    assert (first, again, later) == (
        NoticeCount(sent=1, failed=1), NoticeCount(), NoticeCount(sent=1),
    )  # fmt: skip
    path = f"{DEALS}/{exchange.deal}/bid-requests"
    every = exchange.market("sales", "GET", path).json()["bid_requests"]
    assert {one["failure"] for request in every for one in request["notices"]} == {None}
    assert "id of the request" in FAULT


@pytest.mark.parametrize(
    "error",
    [exc.OperationalError("SELECT 1", {}, OSError("gone")), exc.TimeoutError("the pool is empty")],
)
def test_a_lost_database_does_not_end_the_thread(
    sender: BidNoticeSender, monkeypatch, error: Exception
) -> None:
    def fail(*_: object) -> int:
        raise error

    monkeypatch.setattr(notice_sender, "expire_requests", fail)
    assert sender.step() == NoticeCount()
    sender.stop()
    sender.follow()  # which ends at once
