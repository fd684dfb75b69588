"""Sales offers slots to an account; it accepts them as an order, or declines."""

from datetime import timedelta

import pytest

from cloud.app.audit_tables import compare_tables
from cloud.database import reading, writing
from cloud.database.proposals import proposals
from tests.cloud.api.orders.conftest import Market

PROPOSALS = "/api/proposals"
SLOTS = [{"location": "KX-01", "time_slot": f"2026-11-23T{hour:02}:00"} for hour in (7, 8)]
NEW = {
    "account": "acme", "name": "Winter mornings", "note": "for the launch",
    "valid_until": "2026-11-22T12:00:00Z", "selection": {"slots": SLOTS},
}  # fmt: skip


def offer(market: Market, **fields: object) -> dict:
    answer = market("sales", "POST", PROPOSALS, {**NEW, **fields})
    assert answer.status_code == 201, answer.text
    found: dict = answer.json()
    return found


def decide(market: Market, who: str, offered: dict, action: str):
    body = None if action == "accept" else {"reason": "budget is spent"}
    return market(who, "POST", f"{PROPOSALS}/{offered['id']}/{action}", body)


def test_a_proposal_has_its_screens_and_hides_people_from_buyers(market: Market):
    offered = offer(market)
    (seen,) = market("acme", "GET", PROPOSALS).json()["proposals"]

    assert offered["state"] == "offered"
    assert offered["screens"][0]["slots"] == offered["slot_count"] == 2
    assert offered["total_minor"] == offered["screens"][0]["total_minor"] > 0
    assert offered["offered_by"] is not None
    assert seen["offered_by"] is None
    assert market("bolt", "GET", PROPOSALS).json()["proposals"] == []
    assert market("sales", "GET", f"{PROPOSALS}?account=bolt").json()["proposals"] == []


def test_accepted_it_is_an_order_with_reserved_lines(market: Market):
    offered = offer(market)
    accepted = decide(market, "acme", offered, "accept")
    assert accepted.status_code == 200, accepted.text
    order = market("acme", "GET", f"/api/orders/{accepted.json()['order']}").json()

    assert accepted.json()["state"] == "accepted"
    assert (order["name"], order["gross_minor"]) == ("Winter mornings", 0)
    assert [line["status"] for line in order["lines"]] == ["Reserved"]
    assert order["lines"][0]["cost_minor"] == offered["total_minor"]
    assert decide(market, "acme", offered, "accept").status_code == 409
    with reading(market.context.engine) as connection:
        assert compare_tables(connection, market.context.clock()) == []


@pytest.mark.parametrize(("who", "action"), [("acme", "decline"), ("sales", "withdraw")])
def test_once_refused_its_prices_cannot_be_ordered(market: Market, who: str, action: str):
    offered = offer(market)
    ended = decide(market, who, offered, action)
    where = market("acme", "POST", "/api/orders", {"name": "Winter"}).headers["location"]
    used = market("acme", "POST", f"{where}/lines", {"quote": offered["quote"]})

    assert ended.status_code == 200, ended.text
    assert ended.json()["reason"] == "budget is spent"
    assert used.status_code == 409
    assert decide(market, "acme", offered, "accept").status_code == 409
    with reading(market.context.engine) as connection:
        assert compare_tables(connection, market.context.clock()) == []


def test_while_offered_it_is_ordered_by_accepting_it_only(market: Market):
    offered = offer(market)
    where = market("acme", "POST", "/api/orders", {"name": "Winter"}).headers["location"]
    direct = market("acme", "POST", f"{where}/lines", {"quote": offered["quote"]})
    held = market("acme", "POST", "/api/holds", {"quote": offered["quote"]})

    for refused in (direct, held):
        assert (refused.status_code, refused.json()["title"]) == (409, "Quote of a proposal")
        assert f"{PROPOSALS}/{offered['id']}/accept" in refused.json()["detail"]
    assert decide(market, "acme", offered, "accept").json()["state"] == "accepted"


def test_it_expires(market: Market, clock):
    offered = offer(market)
    clock.advance(timedelta(days=2))
    listed = market("acme", "GET", f"{PROPOSALS}?state=expired").json()["proposals"]

    assert [one["id"] for one in listed] == [offered["id"]]
    assert market("acme", "GET", f"{PROPOSALS}?state=offered").json()["proposals"] == []
    assert decide(market, "acme", offered, "accept").status_code == 409


def test_a_row_that_was_altered_differs_from_the_log(market: Market):
    offered = offer(market)
    with writing(market.context.engine) as connection:
        connection.execute(proposals.update().values(state="accepted", total_minor=1))
        found = compare_tables(connection, market.context.clock())

    assert [one.split(":")[1].strip() for one in found] == [f"proposal {offered['id']}"] * 2
    assert "total_minor is 1" in found[0]
    assert "state is accepted" in found[1]


def test_a_slot_that_was_sold_since_refuses_the_whole(market: Market):
    offered = offer(market)
    where = market.order(hours=(0,), prices=(60,), positions=6)
    assert market.act("acme", where, "book").status_code == 200
    refused = decide(market, "acme", offered, "accept")

    assert refused.status_code == 409
    assert refused.json()["short_count"] == 1
    assert market("acme", "GET", f"{PROPOSALS}/{offered['id']}").json()["state"] == "offered"
    assert market("acme", "GET", "/api/orders").json()["total"] == 1


def test_a_quote_of_the_account_is_offered_at_the_present_price(market: Market):
    quote = market.quote()
    offered = offer(market, selection=None, quote=quote)

    assert offered["slot_count"] == 3
    assert offered["quote"] != quote


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"valid_until": "2026-11-23T07:30:00Z"}, 422),
        ({"valid_until": "2027-01-23T07:30:00Z"}, 422),
        ({"account": "nobody"}, 404),
        ({"selection": None, "plan": "0" * 32}, 404),
        ({"selection": None, "quote": "0" * 32}, 404),
        ({"selection": None}, 422),
    ],
)
def test_what_cannot_be_offered_is_refused(market: Market, fields: dict, status: int):
    assert market("sales", "POST", PROPOSALS, {**NEW, **fields}).status_code == status
