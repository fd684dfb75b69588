"""Configurations and models for cameras over HTTP: previewed, then applied."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from cloud import database
from cloud.api.application import create_app
from cloud.app.context import AppContext
from cloud.auth import audit
from cloud.auth.keys import Role, create_key
from cloud.auth.quota import Quota
from cloud.fleet.jobs import job_store
from cloud.fleet.jobs.execution import ExecutionStatus, StatusUpdate

WEIGHTS = Path(__file__).parents[4] / "edge_agent" / "weights"
CONFIG = "/api/fleet/config"
JOBS = "/api/fleet/jobs"
ROLLOUTS = "/api/fleet/rollouts"
SETTINGS = {"report_interval_ms": 15_000}


def test_a_config_change_is_a_preview_until_it_is_applied(ask, fleet: AppContext):
    asked = {"target": {"location": "KX-01"}, "settings": SETTINGS}

    preview = ask("POST", CONFIG, json=asked).json()
    assert ask.get("/api/fleet/devices/cam-01").json()["config"] == {}
    done = ask("POST", CONFIG, json={**asked, "apply": True}).json()
    again = ask("POST", CONFIG, json={**asked, "apply": True}).json()

    assert (preview["applied"], preview["devices"]) == (False, 2)
    assert done["changes"] == preview["changes"]
    assert done["changes"][0] == {
        "device": "cam-01",
        "setting": "report_interval_ms",
        "now": "-",
        "after": 15_000,
    }
    assert again["devices"] == 0


def test_a_device_that_has_not_applied_its_config_drifts(ask, fleet: AppContext):
    target = {"device": "cam-03"}
    ask("POST", CONFIG, json={"target": target, "settings": SETTINGS, "apply": True})

    drifts = ask.get("/api/fleet/drift").json()

    assert drifts["total"] == 1
    assert (drifts["drifts"][0]["device"], drifts["drifts"][0]["delta"]) == ("cam-03", SETTINGS)
    assert ask.get("/api/fleet/devices?drifting=true").json()["devices"][0]["name"] == "cam-03"


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


def test_a_setting_that_no_camera_knows_is_refused(ask, fleet: AppContext):
    target = {"everything": True}
    answer = ask("POST", CONFIG, json={"target": target, "settings": {"frame_rate_hz": "fast"}})

    assert answer.status_code == 422


def run_elsewhere(engine, detector):
    """Some camera runs this detector, so that it can be rolled out without a package."""
    heartbeat = json.dumps({"versions": {"detector": detector}})
    with database.writing(engine) as connection:
        values = {"location": "LB-01", "device": "other", "heartbeat": heartbeat}
        connection.execute(database.device_status.insert().values(**values))


@pytest.mark.parametrize("apply", [False, True])
@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({}, "face:2 has no package and no device runs it"),
        ({"package": {"card": "{}", "signature": "AA==", "url": "https://m.example/f"}}, "card"),
    ],
)
def test_a_model_that_no_camera_could_load_is_refused(ask, fleet: AppContext, more, reason, apply):
    asked = {"model": "face:2", "target": {"everything": True}, "apply": apply, **more}
    answer = ask("POST", ROLLOUTS, json=asked)
    if apply or not more:
        assert answer.status_code == 422
        assert reason in answer.json()["detail"]
    assert ask.get(JOBS).json()["jobs"] == []


def test_a_model_is_rolled_out_and_back(ask, fleet: AppContext, clock):
    run_elsewhere(fleet.engine, "face:2")
    asked = {"model": "face:2", "target": {"everything": True}, "replaces": "face:1",
             "abort_after": 9}  # fmt: skip

    seen = ask("POST", ROLLOUTS, json=asked).json()
    job = ask("POST", ROLLOUTS, json={**asked, "apply": True}).json()
    returned = ask.get(f"{JOBS}/{job['job']}").json()
    clock.advance(timedelta(minutes=1))
    with database.writing(fleet.engine) as connection:
        job_store.update_execution(
            connection, "cam-01", job["job"], StatusUpdate(ExecutionStatus.SUCCEEDED), at=clock.now
        )
        word = StatusUpdate(
            ExecutionStatus.FAILED, {"reason": "its digest is another", "tries": "3"}
        )
        job_store.update_execution(connection, "cam-02", job["job"], word, at=clock.now)
    answers = ask.get(f"{JOBS}/{job['job']}/devices?limit=2").json()
    back = ask("POST", f"{JOBS}/{job['job']}/roll-back", json={}).json()

    assert answers["next"] == "cam-02"
    assert {name: answers["devices"][1][name] for name in ("device", "status", "reason")} == {
        "device": "cam-02", "status": "FAILED", "reason": "its digest is another",
    }  # fmt: skip
    assert answers["devices"][1]["updated_at"] == "2026-11-20T12:01:00Z"
    failed = ask.get(f"{JOBS}/{job['job']}/devices?status=FAILED").json()
    assert [one["details"]["tries"] for one in failed["devices"]] == ["3"]
    assert ask.get(f"{JOBS}/nothing/devices").status_code == 404
    counts = {name: back[name] for name in back if name != "job"}
    assert counts == {
        "devices": 1, "done": 1, "unfinished": 0, "not_started": 1, "failed": 1,
    }  # fmt: skip
    assert seen == {"job": None, "devices": 3}
    assert returned["document"]["version"] == "face:2"
    assert returned["devices"] == {"QUEUED": 3}
    assert ask.get(f"{JOBS}/{back['job']}").json()["document"]["version"] == "face:1"
    assert [one["job"] for one in ask.get(JOBS).json()["jobs"]] == [back["job"], job["job"]]


def test_an_order_is_of_the_contract_or_refused(ask, fleet: AppContext):
    asked = {"target": {"group": "canary"}, "document": {"operation": "restart"}, "apply": True}

    opened = ask("POST", JOBS, json=asked).json()
    refused = ask("POST", JOBS, json={**asked, "document": {"operation": "explode"}})

    assert opened["devices"] == 1
    assert ask.get(f"{JOBS}/{opened['job']}").json()["document"] == {"operation": "restart"}
    assert refused.status_code == 422
    assert "no camera would understand" in refused.json()["detail"]


def test_presigned_addresses_stay_out_of_the_audits(ask, fleet: AppContext):
    secret = "https://files.example.org/x?X-Amz-Signature=c0ffee"
    document = {"operation": "diagnose", "url": secret}
    model = {"model": "face:2", "replaces": "face:1"}
    card = json.loads((WEIGHTS / "onlooker-face.json").read_text())
    card |= {"name": "face", "version": "2"}
    package = {"card": json.dumps(card), "signature": "AA==", "url": secret}
    target = {"everything": True}

    for path, body in ((JOBS, {"document": document}), (ROLLOUTS, {**model, "package": package})):
        opened = ask("POST", path, json={**body, "target": target, "apply": True})
        assert opened.status_code == 200, opened.text

    with database.reading(fleet.engine) as connection:
        assert "c0ffee" not in str([*audit.read_entries(connection)])
    assert "c0ffee" not in ask.get("/api/fleet/audit").text


def test_a_job_that_is_none_is_not_found(ask, fleet: AppContext):
    assert ask.get(f"{JOBS}/none").status_code == 404
    assert ask("POST", f"{JOBS}/none/roll-back", json={}).status_code == 404


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
