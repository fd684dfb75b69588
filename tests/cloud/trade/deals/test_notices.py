"""Notices are sent once; what they bill is what the invoice bills, and at most what was sent."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cloud.billing.cpm_contracts import bill_impressions, read_contracts
from cloud.billing.delivered_plays import plays_reader
from cloud.database import reading, writing
from cloud.trade.deals import auction
from cloud.trade.deals.bidder_client import BidderClient
from cloud.trade.deals.notices import MOST_ATTEMPTS, NoticeCount, send_notices
from tests.cloud.campaigns.campaign_data import report, store_reports
from tests.cloud.trade.deals.conftest import DEALS, Exchange

CLIENT = BidderClient(is_local_allowed=True)
SEVEN = datetime(2026, 11, 23, 7, tzinfo=UTC)
WEEK = timedelta(days=7)
CREATIVE = "spring-sale"


def win(exchange: Exchange, plays: int | None) -> dict[str, Any]:
    """A bid that has won an hour, in which a camera has reported so many plays."""
    found = exchange.ask()
    assert found["status"] == "won"
    if plays is not None:
        with writing(exchange.market.context.engine) as connection:
            number = exchange.hour + 1
            store_reports(connection, report(number, exchange.hour, **{CREATIVE: plays}))
    exchange.bidder.notices.clear()
    return found


def send(exchange: Exchange, at: datetime) -> NoticeCount:
    """The notices that are due then."""
    clock = exchange.market.context.clock
    before, clock.now = clock.now, at
    try:
        return send_notices(exchange.market.context, CLIENT)
    finally:
        clock.now = before


def read_notice(exchange: Exchange, request: dict[str, Any], kind: str = "burl") -> dict[str, Any]:
    path = f"{DEALS}/{exchange.deal}/bid-requests?limit=100"
    every = exchange.market("sales", "GET", path).json()["bid_requests"]
    (found,) = [one for one in every if one["id"] == request["id"]]
    return next(one for one in found["notices"] if one["kind"] == kind)


@pytest.mark.parametrize("plays", [10, 60, 75])
def test_the_billing_notice_states_what_the_invoice_bills(exchange: Exchange, plays: int) -> None:
    found = win(exchange, plays)
    ends_at = SEVEN + timedelta(hours=exchange.hour + 1)
    assert send(exchange, ends_at + WEEK - timedelta(seconds=1)) == NoticeCount()
    assert send(exchange, ends_at + WEEK) == NoticeCount(sent=1)
    assert send(exchange, ends_at + 2 * WEEK) == NoticeCount()

    ((kind, values),) = exchange.bidder.notices
    assert (kind, values["id"]) == ("bill", found["id"])
    assert values["price"] == f"{Decimal(found['price_minor']) / 100:.2f}"
    billed = Decimal(values["multiplier"])
    most = Decimal(found["impressions_per_play"]) * plays
    assert 0 < billed <= min(most, Decimal(found["impressions"]))

    context, line = exchange.market.context, found["line"]
    with reading(context.engine) as connection:
        contract = read_contracts(connection, [line])[line]
        read_plays = plays_reader(context.sites)
        since = datetime(2026, 11, 1, tzinfo=UTC)
        delivered = read_plays(connection, [line], since, ends_at + WEEK)[line]
    assert delivered.plays == plays
    invoiced = bill_impressions(line, "hours", contract, delivered, "GBP")
    assert invoiced.quantity == billed
    assert read_notice(exchange, found)["billed"] == values["multiplier"]


def test_nothing_is_billed_where_nothing_was_delivered(exchange: Exchange) -> None:
    found = win(exchange, None)
    ends_at = SEVEN + timedelta(hours=exchange.hour + 1)
    with writing(exchange.market.context.engine) as connection:
        store_reports(connection, report(exchange.hour + 1, exchange.hour, other=60))
    assert send(exchange, ends_at + WEEK) == NoticeCount(void=1)
    assert exchange.bidder.notices == []
    assert read_notice(exchange, found)["status"] == "void"


def test_a_notice_is_sent_again_until_it_arrives_and_then_no_more(exchange: Exchange) -> None:
    exchange.bidder.notice_status = 503
    try:
        found = win(exchange, 60)
    finally:
        exchange.bidder.notice_status = 204
    notice = read_notice(exchange, found, "nurl")
    assert (notice["status"], notice["failure"]) == ("pending", "the notice was answered with 503")
    now = exchange.market.context.clock.now
    assert send(exchange, now) == NoticeCount()
    assert send(exchange, now + timedelta(minutes=1)) == NoticeCount(sent=1)
    assert send(exchange, now + timedelta(hours=1)) == NoticeCount()
    assert [kind for kind, _ in exchange.bidder.notices] == ["win"]


def test_a_slow_bidder_gets_the_notices_of_a_request_later(exchange: Exchange, monkeypatch) -> None:
    monkeypatch.setattr(auction, "NOTICES_S", 0.0)
    found = win(exchange, None)
    assert read_notice(exchange, found, "nurl")["status"] == "pending"
    assert send(exchange, exchange.market.context.clock.now).sent >= 1
    assert read_notice(exchange, found, "nurl")["status"] == "sent"


@pytest.mark.parametrize(("status", "attempts"), [(404, 1), (500, MOST_ATTEMPTS)])
def test_attempts_end(exchange: Exchange, status: int, attempts: int) -> None:
    exchange.bidder.notice_status = status
    try:
        found = win(exchange, 60)
        now = exchange.market.context.clock.now
        counts = [send(exchange, now + timedelta(hours=6 * n)) for n in range(1, attempts + 2)]
    finally:
        exchange.bidder.notice_status = 204
    assert sum(one.failed for one in counts) == attempts - 1
    assert read_notice(exchange, found, "nurl")["status"] == "failed"


def test_a_notice_to_a_private_address_is_not_sent(exchange: Exchange) -> None:
    found = win(exchange, 60)
    ends_at = SEVEN + timedelta(hours=exchange.hour + 1)
    clock = exchange.market.context.clock
    before, clock.now = clock.now, ends_at + WEEK
    try:
        sent = send_notices(exchange.market.context, BidderClient(), found["id"])
    finally:
        clock.now = before
    assert (sent, exchange.bidder.notices) == (NoticeCount(failed=1), [])
    notice = read_notice(exchange, found)
    assert (notice["status"], notice["failure"]) == (
        "failed", "the address has no TLS: write https://...",
    )  # fmt: skip
