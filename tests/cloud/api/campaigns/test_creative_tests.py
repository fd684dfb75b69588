"""Tests of creatives over the API: made before they begin, looked at as often as wanted."""

import json
from datetime import timedelta
from typing import Any

import pytest

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
    never = {"starts_at": "9999-10-01T00:00:00Z", "ends_at": "9999-12-31T23:59:59-05:00"}
    for wrong in ({"creatives": ["a", "a"]}, {"starts_at": past}, {"creatives": ["a"]}, never):
        assert api.send("POST", "/api/creative-tests", ask(api, **wrong)).status_code == 422
    unknown = api.send("POST", "/api/creative-tests", ask(api, locations=["XX-99"]))
    assert unknown.status_code == 404


def test_the_schedule_after_the_end_of_the_calendar_is_empty(api: CampaignApi) -> None:
    test = api.send("POST", "/api/creative-tests", ask(api)).json()
    where = f"/api/creative-tests/{test['id']}/assignment"
    assert len(api.get(where).json()["hours"]) == 48
    assert api.get(f"{where}?from=9999-12-31T00:00:00Z").json()["hours"] == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/creative-tests", '"alpha": NaN'),
        ("/api/creatives", '"duration_s": NaN'),
    ],
)
def test_what_is_no_number_is_refused(api: CampaignApi, path: str, body: str) -> None:
    plain = ask(api) if path.endswith("tests") else {
        "name": "nan", "sha256": "0" * 64, "media_type": "video/mp4", "width_px": 1,
        "height_px": 1,
    }  # fmt: skip
    content = json.dumps(plain)[:-1] + f", {body}}}"
    headers = {"x-api-key": api.keys["acme"], "idempotency-key": path}
    answer = api.client(
        "POST", path, headers=headers | {"content-type": "application/json"}, content=content
    )
    assert answer.status_code == 422, answer.text
