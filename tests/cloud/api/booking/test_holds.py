"""Holds over HTTP: all or none, limited extensions, hidden from other accounts."""

from datetime import timedelta

from cloud.auth.audit import read_entries
from cloud.booking.orders.policy import load_booking_policy
from cloud.database import reading
from tests.cloud.api.booking.booking_requests import MONDAY, Market, slots

LIMITS = load_booking_policy().hold_policy


def hold(market: Market, *hours: int, positions: int = 1):
    return market.acme.post("/api/holds", {"selection": slots(*hours, positions=positions)})


def test_the_last_position_is_held_once(market: Market) -> None:
    assert hold(market, 8, positions=5).status_code == 201
    answers = [
        who.post("/api/holds", {"selection": slots(8, 9)}) for who in (market.acme, market.bolt)
    ]
    assert [one.status_code for one in answers] == [201, 409]
    problem = answers[1].json()
    assert problem["short_count"] == 1
    assert problem["short_slots"] == [
        {
            "location": "KX-01", "starts_at": "2026-11-23T08:00:00+00:00", "free": 0,
            "reason": "Optioned",
        }
    ]  # fmt: skip
    assert "acme" not in answers[1].text
    shown = market.bolt.get(f"/api/pricing/slot/KX-01/{MONDAY}").json()["availability"]
    assert (shown["status"], shown["free"], shown["booked"]) == ("sold_out", 0, 6)
    (screen,) = market.bolt.get(
        "/api/inventory", params={"location": "KX-01", "time_slot": "2026-11-23T09:00"}
    ).json()["screens"]
    assert screen["imp"][0]["ext"]["onlooker"]["free_positions"] == 5


def test_an_extension_moves_the_end_and_not_beyond_the_maximum(market: Market) -> None:
    placed = hold(market, 8).json()
    path = f"/api/holds/{placed['id']}/extend"
    refused = market.acme.post(path)
    assert (refused.status_code, refused.json()["title"]) == (409, "Hold limit")
    made = 0
    for _ in range(40):
        market.clock.advance(timedelta(hours=6))
        made += market.acme.post(path).status_code == 200
    found = market.acme.get(f"/api/holds/{placed['id']}").json()
    assert found["state"] == "expired"
    assert made == found["extensions"] <= LIMITS.extensions
    assert found["expires_at"] <= placed["latest_at"] == "2026-11-27T12:00:00Z"
    assert found["ended_at"] == found["expires_at"]
    assert market.acme.post(path).json()["title"] == "Hold has ended"


def test_a_hold_of_another_account_is_not_found(market: Market) -> None:
    placed = hold(market, 8).json()["id"]
    for method, end in (("GET", ""), ("DELETE", ""), ("POST", "/extend")):
        asked = [market.bolt(method, f"/api/holds/{one}{end}") for one in (placed, "f" * 32)]
        assert [one.status_code for one in asked] == [404, 404]
        assert asked[0].json()["detail"] == asked[1].json()["detail"]
    assert market.bolt.get("/api/holds").json()["holds"] == []
    assert [one["id"] for one in market.sales.get("/api/holds").json()["holds"]] == [placed]


def test_a_deleted_hold_gives_its_positions_back(market: Market) -> None:
    placed = hold(market, 8, positions=6).json()["id"]
    assert market.bolt.post("/api/holds", {"selection": slots(8)}).status_code == 409
    ended = market.acme("DELETE", f"/api/holds/{placed}").json()
    assert ended["state"] == "released"
    assert market.acme("DELETE", f"/api/holds/{placed}").json() == ended
    assert market.bolt.post("/api/holds", {"selection": slots(8)}).status_code == 201
    with reading(market.context.engine) as connection:
        actions = [one.action for one in read_entries(connection) if one.object == placed]
    assert actions == ["hold.place", "hold.release"]


def test_an_account_has_at_most_the_holds_of_the_policy(market: Market) -> None:
    statuses = [hold(market, hour).status_code for hour in range(LIMITS.holds + 1)]
    assert statuses == [201] * LIMITS.holds + [409]
    page = market.acme.get("/api/holds", params={"limit": 15}).json()
    rest = market.acme.get("/api/holds", params={"after": page["next"]}).json()
    assert (len(page["holds"]), len(rest["holds"]), rest["next"]) == (15, 5, None)


def test_either_a_quote_or_slots_are_held(market: Market) -> None:
    for body in ({}, {"quote": "f" * 32, "selection": slots(8)}, {"selection": {"slots": []}}):
        assert market.acme.post("/api/holds", body).status_code == 422
    too_many = hold(market, 8, positions=7)
    assert (too_many.status_code, too_many.json()["short_slots"][0]["free"]) == (409, 6)
    missing = market.client(
        "POST", "/api/holds", json={"selection": slots(8)},
        headers={"x-api-key": market.acme._key},
    )  # fmt: skip
    assert missing.status_code == 400


def test_an_agency_reads_and_extends_the_holds_and_quotes_of_its_clients_only(market: Market):
    agency = market.open_agency()
    quote = market.acme.post("/api/quotes", slots(9)).json()["id"]
    placed = hold(market, 8).json()["id"]
    other = market.bolt.post("/api/holds", {"selection": slots(10)}).json()["id"]
    assert agency.get(f"/api/holds/{placed}").json()["account"] == "acme"
    assert [one["id"] for one in agency.get("/api/holds").json()["holds"]] == [placed]
    assert agency.get(f"/api/quotes/{quote}").json()["account"] == "acme"
    assert agency.get(f"/api/holds/{other}").status_code == 404
    from_quote = agency.post("/api/holds", {"quote": quote})
    assert (from_quote.status_code, from_quote.json()["account"]) == (201, "acme")
    assert agency("DELETE", f"/api/holds/{placed}").status_code == 200


def test_a_body_that_is_nested_too_deeply_is_no_failure(market: Market) -> None:
    nested = market.acme("POST", f"/api/holds/{'f' * 32}/extend", content=b"[" * 5_000)
    assert nested.status_code == 404
