"""Plays over HTTP are stored once; those of nobody's line are listed."""

from typing import Any

from tests.cloud.api.campaigns.conftest import WINTER, CampaignApi
from tests.cloud.api.campaigns.test_creatives import FILE


def play(minute: int, creative: str = "a", **fields: Any) -> dict[str, Any]:
    started_at = f"2026-11-23T08:{minute:02}:00Z"
    return {"location": "KX-01", "creative": creative, "started_at": started_at, **fields}


def test_plays_of_a_log_fill_hours_that_no_camera_attributes(api: CampaignApi) -> None:
    before = api.get(f"/api/campaigns/{WINTER}/performance").json()["totals"]
    plays = [play(minute) for minute in range(20)]
    wrong = play(30, location="Nowhere")
    stray = play(31, creative="z", ref="r-1")
    body = {"plays": [*plays, plays[0], wrong, stray, play(32, line="SO-9-9")]}
    covers = {"from": "2026-11-23T08:00:00Z", "until": "2026-11-23T09:00:00Z"}
    assert api.send("POST", "/api/plays", body).status_code == 403
    found = api.send("POST", "/api/plays", body, by="operations").json()
    counts = {name: found[name] for name in ("rows", "stored", "duplicates", "refused")}
    assert counts == {"rows": 24, "stored": 22, "duplicates": 1, "refused": 1}
    assert api.send("POST", "/api/plays", body, by="operations").json()["stored"] == 0

    refused = api.send("POST", "/api/plays", {**body, "covers": covers}, by="operations").json()
    assert (refused["covered"], list(refused["uncovered"])) == ([], ["KX-01"])
    whole = {"plays": plays, "covers": covers}
    unknown = api.send("POST", "/api/plays", whole, by="operations").json()
    assert "no creative here has the name z" in unknown["uncovered"]["KX-01"]
    api.send("POST", "/api/creatives", {**FILE, "name": "z"})
    assert api.send("POST", "/api/plays", whole, by="operations").json()["covered"] == ["KX-01"]
    late = {**whole, "covers": {**covers, "until": "2026-11-23T10:00:00Z"}}
    assert api.send("POST", "/api/plays", late, by="operations").status_code == 422

    api.clock.now = api.clock.now.replace(second=30)  # after the shared result
    totals = api.get(f"/api/campaigns/{WINTER}/performance").json()["totals"]
    assert (before["plays"], totals["plays"], totals["unknown_plays"]) == (30, 50, 0)
    assert totals["estimated_plays"] == 20
    assert totals["ots"]["value"] == 75 + 20 * 2.5  # the people of that hour
    assert totals["ots"]["low"] < totals["ots"]["value"] < totals["ots"]["high"]

    asked = "/api/plays/unmatched?from=2026-11-23T00:00:00Z&until=2026-11-24T00:00:00Z"
    unmatched = api.get(asked, by="sales").json()["plays"]
    assert [(one["creative"], one["line"], one["plays"]) for one in unmatched] == [
        ("a", "SO-9-9", 1), ("z", None, 1),
    ]  # fmt: skip
    assert api.get(asked.replace("24T", "23T"), by="sales").status_code == 422
