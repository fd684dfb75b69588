"""One queue has what waits for a decision, and says whether the caller may decide."""

from cloud.auth.audit import read_entries
from cloud.database import reading
from tests.cloud.api.orders.conftest import Market

APPROVALS = "/api/approvals"


def read_queue(market: Market, who: str) -> dict[str, dict]:
    answer = market(who, "GET", APPROVALS)
    assert answer.status_code == 200, answer.text
    return {one["kind"]: one for one in answer.json()["approvals"]}


def ask_for_discount(market: Market, discount_bp: int) -> str:
    where = market.order()
    discount = {"discount_bp": discount_bp, "reason": "annual agreement"}
    assert market("sales", "PUT", f"{where}/discount", discount).status_code == 200
    assert market.act("acme", where, "book").json()["lines"][0]["status"] == "PendingBooking"
    return where


def test_a_discount_above_the_limit_waits_for_another_person(market: Market):
    where = ask_for_discount(market, 2000)
    sales, finance = (read_queue(market, who)["booking"] for who in ("sales", "finance"))

    assert sales["id"] == where.rpartition("/")[2]
    assert (sales["discount_bp"], sales["lines"], sales["amount_minor"]) == (2000, 1, 168)
    assert (sales["can_decide"], finance["can_decide"]) == (False, True)
    assert sales["why_not"] == "you asked for it: another person must decide"
    approved = market.act("finance", where, "approve", reason="agreed in March")
    assert approved.status_code == 200
    assert "booking" not in read_queue(market, "finance")
    with reading(market.context.engine) as connection:
        assert "agreed in March" in list(read_entries(connection))[-1].details


def test_a_change_and_a_creative_wait(market: Market):
    where = market.order()
    line = market.act("acme", where, "book").json()["lines"][0]["id"]
    change = {"line": line, "ends_at": "2026-11-23T09:00:00Z", "reason": "shorter"}
    assert market("acme", "POST", f"{where}/changes", change).status_code == 201
    found = read_queue(market, "finance")

    assert found["change"]["line"] == line
    assert found["change"]["reason"] == "shorter"
    assert found["change"]["can_decide"] is True
    assert (found["creative"]["title"], found["creative"]["can_decide"]) == ("spring-sale", False)
    assert found["creative"]["why_not"] == "the roles admin, operations, sales decide"
    assert read_queue(market, "sales")["creative"]["can_decide"] is True


def test_buyers_do_not_see_the_queue(market: Market):
    assert market("acme", "GET", APPROVALS).status_code == 403
