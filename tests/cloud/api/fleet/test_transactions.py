"""Changes of the fleet name their devices and their author, and need the role for them."""

import json

import pytest

from cloud import database
from cloud.api.application import create_app
from cloud.app.context import AppContext
from cloud.auth import audit
from cloud.auth.keys import Role, create_key
from cloud.auth.quota import Quota

CONFIG = "/api/fleet/config"
JSON = {"content-type": "application/json"}
SETTINGS = {"report_interval_ms": 15_000}


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ({}, "`target` is empty"),
        ({"everything": True, "group": "canary"}, "one or the other"),
        ({"group": "nobody-in-it"}, "no device matches the selector"),
    ],
)
def test_nobody_is_meant_by_accident(ask, fleet: AppContext, target, words):
    answer = ask("POST", CONFIG, json={"target": target, "settings": SETTINGS, "apply": True})

    assert answer.status_code == 422
    assert words in answer.json()["detail"]


@pytest.mark.parametrize("role", [Role.SALES, Role.ADVERTISER, Role.OPERATIONS, Role.ADMIN])
def test_the_fleet_is_for_operators(ask, fleet: AppContext, clock, role: Role):
    ask.app = create_app(fleet, quota=Quota())
    key = create_key(fleet.engine, role, "Ana", by="me", now=clock.now)
    asked = {"target": {"device": "cam-01"}, "settings": SETTINGS, "apply": True}

    answer = ask("POST", CONFIG, json=asked, headers={"x-api-key": key})

    if role in (Role.SALES, Role.ADVERTISER):
        assert answer.status_code == 403
    else:
        lines = ask.get("/api/fleet/audit", headers={"x-api-key": key}).json()["entries"]
        assert lines[0]["who"] == f"api:Ana (key {key.split('_')[1]})"
    assert ask("POST", CONFIG, json=asked).status_code == 401


@pytest.mark.parametrize(
    ("path", "status"),
    [("devices", 200), ("devices/cam-01", 200), ("drift", 200), ("jobs", 403), ("audit", 403)],
)
def test_sales_may_see_how_cameras_are_and_no_more(
    ask, fleet: AppContext, clock, path: str, status: int
):
    ask.app = create_app(fleet, quota=Quota())
    key = create_key(fleet.engine, Role.SALES, "Ana", by="me", now=clock.now)
    assert ask.get(f"/api/fleet/{path}", headers={"x-api-key": key}).status_code == status


HALF_A_CHARACTER = [
    ("jobs", {"document": {"operation": "\ud800"}}),
    ("jobs", {"document": {"operation": "diagnose", "url": "https://files.example.org/\udfff"}}),
    ("config", {"settings": {"\ud800": 1}}),
    ("config", {"settings": {"report_interval_ms": [{"a": "\ud800"}]}}),
    ("rollouts", {"model": "face:2", "package": {"card": "\ud800"}}),
    ("rollouts", {"model": "face:2", "trial": {"\udfff": 1}}),
]


@pytest.mark.parametrize(("path", "body"), HALF_A_CHARACTER)
def test_half_a_surrogate_pair_in_a_free_object_is_refused(ask, fleet: AppContext, path, body):
    """JSON can escape it, UTF-8 cannot hold it: neither the database nor a camera could take it."""
    before = last_entry(fleet)
    whole = {"target": {"everything": True}, "apply": True, **body}
    content = json.dumps(whole).encode()
    answer = ask("POST", f"/api/fleet/{path}", content=content, headers=JSON)

    assert answer.status_code == 422, answer.text
    assert "half of a surrogate pair" in answer.json()["detail"]
    assert last_entry(fleet) == before


def last_entry(context: AppContext) -> audit.AuditEntryRef | None:
    with database.reading(context.engine) as connection:
        return audit.read_newest_ref(connection)
