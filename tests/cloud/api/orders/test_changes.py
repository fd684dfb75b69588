"""A change of a booked line is asked for by its buyer and decided by staff."""

from tests.cloud.api.orders.conftest import Market


def test_a_change_is_asked_for_and_decided(market: Market) -> None:
    where = market.order()
    line = market.act("acme", where, "book").json()["lines"][0]
    asked = {"line": line["id"], "positions": 2, "reason": "more people"}
    too_late = market("acme", "POST", f"{where}/changes", {**asked, "positions": None})
    assert (too_late.status_code, too_late.json()["title"]) == (422, "Invalid order")
    priced = {**asked, "quote": market.quote()}
    change = market("acme", "POST", f"{where}/changes", priced)
    assert (change.status_code, change.json()["cost_after_minor"]) == (201, 420)
    path = f"{where}/changes/{change.json()['id']}"
    decision = {"status": "APPROVED", "reason": "there is room"}
    assert market("acme", "PUT", path, decision).status_code == 403
    decided = market("sales", "PUT", path, decision).json()
    listed = market("acme", "GET", f"{where}/changes").json()["changes"]
    assert listed == [decided]
    assert market("acme", "GET", where).json()["lines"][0]["positions"] == 2
