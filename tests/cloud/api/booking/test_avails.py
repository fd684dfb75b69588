"""Avails over HTTP: runs of hours with status and reason, and the lines in the way for staff."""

from datetime import timedelta

from tests.cloud.api.booking.booking_requests import Market, slots

DAY = {"locations": ["KX-01", "LB-01"], "from": "2026-11-23", "until": "2026-11-24"}


def find(market: Market, **more: object):
    answer = market.bolt.post("/api/avails", {**DAY, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def runs(screen) -> list[tuple]:
    return [
        (one["starts_at"][11:13], one["hours"], one["status"], one["reason"], one["free"])
        for one in screen["runs"]
    ]


def test_hours_that_are_alike_are_one_run(market: Market) -> None:
    market.acme.post("/api/holds", {"selection": slots(8, 9, positions=5)})
    market.acme.post("/api/holds", {"selection": slots(10, positions=6)})
    first, second = find(market, positions=2)["screens"]
    assert runs(first) == [
        ("00", 8, "Available", None, 6),
        ("08", 2, "Partially Available", "Optioned", 1),
        ("10", 1, "Unavailable", "Optioned", 0),
        ("11", 13, "Available", None, 6),
    ]
    assert (first["status"], second["status"]) == ("Partially Available", "Available")
    assert runs(second) == [("00", 24, "Available", None, 6)]
    market.clock.advance(timedelta(days=1))
    assert runs(find(market)["screens"][0]) == [("00", 24, "Available", None, 6)]


def test_dayparts_products_and_restrictions_select_and_prohibit(market: Market) -> None:
    peak = {"name": "Peak", "hours": "7-8", "weekdays": [1], "zone": "local"}
    assert market.sales("PUT", "/api/dayparts/peak", json=peak).status_code == 200
    product = {"name": "Package", "locations": ["KX-01", "LB-01"], "daypart": "peak"}
    stored = market.sales("PUT", "/api/products/package", json=product).json()
    assert (stored["is_package"], stored["delivery"]) == (True, "guaranteed")
    limits = {"categories": ["IAB8-5"], "reason": "a school is next to it"}
    market.sales("PUT", "/api/screens/LB-01/restrictions", json=limits)
    week = {"product": "package", "from": "2026-11-23", "until": "2026-11-30"}
    found = market.bolt.post("/api/avails", {**week, "categories": ["IAB8-5"]}).json()
    assert [runs(one) for one in found["screens"]] == [
        [("07", 2, "Available", None, 6)],
        [("07", 2, "Unavailable", "Prohibited", 0)],
    ]
    assert market.sales("DELETE", "/api/products/package").status_code == 204
    assert market.bolt.post("/api/avails", week).status_code == 404


def test_a_screen_in_maintenance_is_out_of_charge(market: Market) -> None:
    body = {
        "location": "KX-01", "starts_at": "2026-11-23T22:00:00Z",
        "ends_at": "2026-11-23T23:00:00Z", "kind": "maintenance", "reason": "panel",
    }  # fmt: skip
    held = market.acme.post("/api/holds", {"selection": slots(22)}).json()["id"]
    stored = market.sales.post("/api/blackouts", body)
    assert (stored.status_code, stored.json()["lines"]) == (201, [held])
    assert runs(find(market)["screens"][0])[1] == ("22", 1, "Unavailable", "OutOfCharge", 0)
    refused = market.bolt.post("/api/holds", {"selection": slots(22)})
    assert refused.json()["short_slots"][0]["reason"] == "OutOfCharge"
    assert len(market.sales.get("/api/blackouts").json()["blackouts"]) == 1
    market.sales("DELETE", f"/api/blackouts/{stored.json()['id']}")
    assert market.sales.get("/api/blackouts").json()["blackouts"] == []
    assert market.bolt.post("/api/blackouts", body).status_code == 403


def test_only_staff_learn_which_lines_block(market: Market) -> None:
    held = market.acme.post("/api/holds", {"selection": slots(8, 9)}).json()["id"]
    assert market.bolt.post("/api/avails", {**DAY, "blocking": True}).status_code == 403
    assert find(market)["blocking"] is None
    (line,) = market.sales.post("/api/avails", {**DAY, "blocking": True}).json()["blocking"]
    assert (line["line"], line["account"], line["slots"], line["state"]) == (
        held, "acme", 2, "held",
    )  # fmt: skip


def test_an_impossible_selection_is_refused(market: Market) -> None:
    for change in (
        {"until": "2026-11-23"}, {"locations": None}, {"product": "x"}, {"weekdays": [8]},
        {"daypart": "x", "hours": "7"}, {"slots": slots(8)["slots"]}, {"positions": 0},
        {"until": "2028-11-23"}, {"weekdays": []},
    ):  # fmt: skip
        assert market.bolt.post("/api/avails", {**DAY, **change}).status_code == 422, change
    unknown = {**DAY, "locations": ["XX-99"]}
    assert market.bolt.post("/api/avails", unknown).status_code == 404
    no_zone = {"name": "Peak", "hours": "7", "weekdays": [1]}
    assert market.sales("PUT", "/api/dayparts/peak", json=no_zone).status_code == 422


def test_days_out_of_reach_and_slots_too_far_apart_are_refused(market: Market) -> None:
    early = {**DAY, "from": "0001-01-01", "until": "0001-01-02"}
    times = ("2026-11-23T08:00", "2028-11-23T08:00")
    apart = {"slots": [{"location": "KX-01", "time_slot": time} for time in times]}
    for body, words in ((early, "2000 to 2099"), (apart, "days apart")):
        refused = market.bolt.post("/api/avails", body)
        assert (refused.status_code, words in refused.json()["detail"]) == (422, True)
