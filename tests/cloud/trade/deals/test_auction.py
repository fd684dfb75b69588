"""A bid wins one position once; every wrong answer is refused with a reason, and books nothing."""

import threading
from decimal import Decimal

import pytest

from cloud.billing.cpm_contracts import read_contracts
from cloud.database import reading
from cloud.trade.deals.bidder_client import BidderClient
from cloud.trade.openrtb.dialects import normalise_request
from tests.cloud.trade.deals.conftest import DEALS, Exchange, create_deal


def test_a_win_is_a_booked_line_that_is_paid_by_impressions(exchange: Exchange) -> None:
    exchange.bidder.notices.clear()
    found = exchange.ask()
    assert (found["status"], found["loss_reason"], found["creative"]) == ("won", 0, "spring-sale")
    assert found["price_minor"] == found["floor_minor"] + 1

    (line,) = [one for one in exchange.lines() if one["id"] == found["line"]]
    assert (line["status"], line["positions"], line["creatives"]) == ("Booked", 1, ["spring-sale"])
    with reading(exchange.market.context.engine) as connection:
        contract = read_contracts(connection, [line["id"]])[line["id"]]
    assert contract.price_minor == found["price_minor"]
    assert contract.most_impressions == Decimal(found["impressions"])
    assert contract.multiplier == Decimal(found["impressions_per_play"])

    request = exchange.bidder.requests[-1]
    assert normalise_request(request) == request
    assert Decimal(str(request["imp"][0]["qty"]["multiplier"])) == Decimal(found["impressions"])
    price = f"{Decimal(found['price_minor']) / 100:.2f}"
    assert exchange.bidder.notices == [("win", {"price": price, "id": found["id"]})]
    kinds = {one["kind"]: one["status"] for one in found["notices"]}
    assert kinds == {"nurl": "sent", "burl": "pending"}


@pytest.mark.parametrize(
    ("behaviour", "status", "loss"),
    [
        ("no-bid", "no-bid", None),
        ("empty", "no-bid", None),
        ("reason", "no-bid", None),
        ("garbage", "failed", None),
        ("deep", "failed", None),
        ("huge", "failed", None),
        ("error", "failed", None),
        ("redirect", "failed", None),
        ("currency", "refused", 3),
        ("below-floor", "refused", 101),
        ("no-price", "refused", 9),
        ("impression", "refused", 3),
        ("deal", "refused", 4),
        ("no-deal", "refused", 4),
        ("request", "refused", 5),
        ("expired", "refused", 2),
        ("no-creative", "refused", 8),
        ("creative", "refused", 10),
    ],
)
def test_a_wrong_answer_is_refused_with_a_reason_and_books_nothing(
    exchange: Exchange, behaviour: str, status: str, loss: int | None
) -> None:
    before = exchange.lines()
    exchange.bidder.notices.clear()
    found = exchange.ask(behaviour)
    assert (found["status"], found["loss_reason"], found["line"]) == (status, loss, None)
    assert found["reason"]
    assert exchange.lines() == before
    expected = [] if loss is None else [("loss", {"reason": str(loss), "id": found["id"]})]
    assert exchange.bidder.notices == expected


@pytest.mark.parametrize("behaviour", ["late", "hang"])
def test_an_answer_after_the_time_limit_wins_nothing(exchange: Exchange, behaviour: str) -> None:
    order, deal = create_deal(exchange.market, exchange.bidder, tmax_ms=50)
    found = Exchange(exchange.market, exchange.bidder, deal, order, 200).ask(behaviour)
    exchange.bidder.release.set()
    assert (found["status"], found["reason"]) == ("failed", "no complete answer in time")
    assert exchange.market("acme", "GET", order).json()["lines"] == []
    exchange.bidder.release.clear()


def test_the_best_of_two_bids_wins_and_the_other_is_notified(exchange: Exchange) -> None:
    exchange.bidder.notices.clear()
    found = exchange.ask("two-bids")
    assert found["price_minor"] == found["floor_minor"] + 200
    assert {kind for kind, _ in exchange.bidder.notices} == {"win", "loss"}
    assert [v["reason"] for kind, v in exchange.bidder.notices if kind == "loss"] == ["102"]


def test_a_deal_is_listed_in_the_inventory_of_its_account(exchange: Exchange) -> None:
    path = f"/api/inventory?time_slot={exchange.next_slot()}&location=KX-01"
    (screen,) = exchange.market("acme", "GET", path).json()["screens"]
    deals = {one["id"]: one for one in screen["imp"][0]["pmp"]["deals"]}
    assert deals[exchange.deal]["at"] == 1
    assert deals[exchange.deal]["bidfloor"] >= screen["imp"][0]["bidfloor"]
    (other,) = exchange.market("bolt", "GET", path).json()["screens"]
    assert "pmp" not in other["imp"][0]


def test_a_repeated_request_asks_once_and_books_once(exchange: Exchange) -> None:
    slot, asked = exchange.next_slot(), len(exchange.bidder.requests)
    first, second = (exchange.ask(slot=slot, key="the-same") for _ in range(2))
    assert second == first
    assert first["status"] == "won"
    assert len(exchange.bidder.requests) == asked + 1
    assert [one["id"] for one in exchange.lines()].count(first["line"]) == 1


def test_the_last_position_is_won_once(exchange_of_each: Exchange) -> None:
    exchange = exchange_of_each
    slot = exchange.next_slot()
    for _ in range(5):  # of six
        assert exchange.ask(slot=slot)["status"] == "won"
    found: list[dict] = []
    racers = [
        threading.Thread(target=lambda: found.append(exchange.ask(slot=slot))) for _ in range(3)
    ]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert sorted(one["status"] for one in found) == ["refused", "refused", "won"]
    assert {one["loss_reason"] for one in found if one["status"] == "refused"} == {2}
    assert len(exchange.lines()) == 6


def test_a_bidder_that_is_not_on_the_public_internet_is_not_asked(exchange: Exchange) -> None:
    market = exchange.market
    body = {
        "order": exchange.order.rpartition("/")[2], "name": "Local", "url": "http://10.0.0.1/",
        "starts_at": "2026-11-20T00:00:00Z", "ends_at": "2026-12-20T00:00:00Z",
    }  # fmt: skip
    refused = market("sales", "POST", DEALS, body)
    assert (refused.status_code, "has no TLS" in refused.text) == (422, True)
    assert market("sales", "POST", DEALS, body | {"url": "nonsense"}).status_code == 422

    order, deal = create_deal(market, exchange.bidder, url="https://169.254.169.254/latest")
    market.client.app.state.bidders = BidderClient()
    try:
        found = Exchange(market, exchange.bidder, deal, order, 300).ask()
    finally:
        market.client.app.state.bidders = BidderClient(is_local_allowed=True)
    assert found["status"] == "failed"
    assert (
        found["reason"] == "the host has no address of the public internet: nothing was sent to it"
    )
