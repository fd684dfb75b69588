"""Prices over HTTP: starts and ends in the time of the store, overrides, roll-backs."""

from tests.cloud.api.retail.queue_client import QueueClient
from tests.cloud.app_context import ManualClock
from tests.cloud.retail_points import PRODUCT


def test_a_price_starts_in_the_local_time_of_the_store(
    queue: QueueClient, clock: ManualClock
) -> None:
    local = {"decision": "accept", "starts_local": "2026-11-21T06:00:00"}
    answer = queue.decide(1, **local).json()
    assert answer["price"]["state"] == "scheduled"
    assert answer["price"]["starts_at"] == "2026-11-21T06:00:00Z"
    assert answer["recommendation"]["state"] == "accepted"
    both = queue.decide(2, **local, starts_at="2026-11-21T06:00:00Z")
    assert both.status_code == 422
    path = queue.get(f"/prices/path?product={PRODUCT}&store=S-01").json()["prices"]
    assert [one["state"] for one in path] == ["scheduled"]
    name = path[0]["id"]
    back = queue("POST", f"/prices/{name}/roll-back", json={"reason": "not yet"}).json()
    assert back["price"]["state"] == "cancelled"


def test_an_override_ends_and_is_rolled_back(queue: QueueClient) -> None:
    asked = {
        "product": PRODUCT, "store": "S-00", "price_minor": 299, "currency": "GBP",
        "reason": "damaged pallet", "ends_local": "2026-11-22T20:00:00",
    }  # fmt: skip
    made = queue("POST", "/prices/overrides", json=asked)
    assert (made.status_code, made.json()["ends_at"]) == (201, "2026-11-22T20:00:00Z")
    assert made.json()["approved_by"].startswith("api:")
    name = made.json()["id"]
    assert queue("POST", f"/prices/{name}/roll-back", json={"reason": "sold"}).status_code == 200
    again = queue("POST", f"/prices/{name}/roll-back", json={"reason": "sold"})
    assert (again.status_code, again.json()["title"]) == (409, "Price has changed")
    endless = queue("POST", "/prices/overrides", json={**asked, "ends_local": None})
    assert endless.status_code == 422


def test_stores_are_listed_by_region(queue: QueueClient) -> None:
    assert len(queue.get("/stores?region=north").json()["stores"]) == 4
    assert queue.get("/prices?region=nowhere").json()["prices"] == []
