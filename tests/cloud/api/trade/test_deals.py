"""Private deals over the API: who may do what, and slots that a deal does not have."""

from tests.cloud.trade.deals.conftest import DEALS, Exchange, bidder, create_deal, exchange

__all__ = ["bidder", "exchange"]  # fixtures


def test_a_closed_deal_an_hour_outside_of_it_and_a_past_hour_are_refused(
    exchange: Exchange,
) -> None:
    _, deal = create_deal(
        exchange.market, exchange.bidder, locations=["KX-01"],
        ends_at="2026-11-24T00:00:00Z",
    )  # fmt: skip
    where = f"{DEALS}/{deal}"

    def ask(slot: str, location: str = "KX-01") -> str:
        body = {"location": location, "time_slot": slot}
        answer = exchange.market("sales", "POST", f"{where}/bid-requests", body)
        assert answer.status_code == 409, answer.text
        return str(answer.json()["detail"])

    assert "choose a slot within it" in ask("2026-11-25T08:00")
    assert "does not have the screen" in ask("2026-11-23T08:00", "LB-01")
    assert "the hour has begun" in ask("2026-11-20T10:00")
    assert exchange.market("sales", "POST", f"{where}/close").json()["closed_at"]
    assert "is closed" in ask("2026-11-23T08:00")


def test_buyers_see_their_deals_without_the_address_of_the_bidder(exchange: Exchange) -> None:
    market, where = exchange.market, f"{DEALS}/{exchange.deal}"
    seen = market("acme", "GET", where).json()
    assert (seen["account"], seen["bidder"]) == ("acme", None)
    assert market("sales", "GET", where).json()["bidder"] == exchange.bidder.url
    asked = exchange.ask("no-bid")
    assert market("acme", "GET", f"{where}/bid-requests").json() == {"bid_requests": [asked]}
    assert market("bolt", "GET", where).status_code == 404
    assert market("bolt", "GET", f"{where}/bid-requests").status_code == 404
    assert market("bolt", "GET", DEALS).json() == {"deals": []}
    assert market("acme", "POST", f"{where}/close").status_code == 403
