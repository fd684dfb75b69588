"""Tests of creatives over the API: made before they begin, looked at as often as wanted."""

from datetime import timedelta
from typing import Any

from tests.cloud.api.campaigns.conftest import CampaignApi


def ask(api: CampaignApi, **fields: Any) -> dict[str, Any]:
    starts_at = api.clock.now + timedelta(hours=1)
    plain = {
        "name": "Headline", "creatives": ["a", "b"], "locations": ["KX-01"],
        "starts_at": starts_at.isoformat(), "ends_at": (starts_at + timedelta(days=2)).isoformat(),
    }  # fmt: skip
    return {**plain, **fields}


def test_a_test_has_a_schedule_that_its_account_alone_can_read(api: CampaignApi) -> None:
    test = api.send("POST", "/api/creative-tests", ask(api)).json()
    where = f"/api/creative-tests/{test['id']}"
    assert "key" not in test
    day = "from=2026-11-23T00:00:00Z&until=2026-11-26T00:00:00Z"
    asked = f"{where}/assignment?location=KX-01&{day}"
    hours = api.get(asked).json()["hours"]
    assert len(hours) == 48
    assert {one["creative"] for one in hours} == {"a", "b"}
    assert api.get(asked).json()["hours"] == hours
    found = api.get(where).json()
    assert [(arm["creative"], arm["decision"]) for arm in found["arms"]] == [
        ("a", None), ("b", "too_early"),
    ]  # fmt: skip
    for path in (where, asked):
        assert api.get(path, by="bolt").status_code == 404
    assert api.send("POST", f"{where}/stop", by="bolt").status_code == 404
    assert api.get("/api/creative-tests", by="bolt").json() == {"tests": []}
    api.clock.advance(timedelta(hours=3))
    stopped = api.send("POST", f"{where}/stop").json()
    assert stopped["stopped_at"] is not None
    assert len(api.get(asked).json()["hours"]) == 2


def test_a_test_that_cannot_be_made_is_refused(api: CampaignApi) -> None:
    past = (api.clock.now - timedelta(hours=1)).isoformat()
    for wrong in ({"creatives": ["a", "a"]}, {"starts_at": past}, {"creatives": ["a"]}):
        assert api.send("POST", "/api/creative-tests", ask(api, **wrong)).status_code == 422
    unknown = api.send("POST", "/api/creative-tests", ask(api, locations=["XX-99"]))
    assert unknown.status_code == 404
