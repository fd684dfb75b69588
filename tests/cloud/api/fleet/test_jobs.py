"""Jobs and model rollouts over HTTP: previewed, applied, and rolled back."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from cloud import database
from cloud.app.context import AppContext
from cloud.auth import audit
from cloud.fleet.jobs import job_store
from cloud.fleet.jobs.execution import ExecutionStatus, StatusUpdate

WEIGHTS = Path(__file__).parents[4] / "edge_agent" / "weights"
JOBS = "/api/fleet/jobs"
ROLLOUTS = "/api/fleet/rollouts"


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
    assert seen == {"job": None, "devices": 3, "names": ["cam-01", "cam-02", "cam-03"]}
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


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        (ROLLOUTS, {"model": "face:2", "replaces": "face:1"}),
        (JOBS, {"document": {"operation": "renew"}}),
    ],
)
def test_a_job_that_is_sent_again_with_its_key_is_created_once(
    ask, fleet: AppContext, path: str, asked: dict
):
    run_elsewhere(fleet.engine, "face:2")
    body = {"target": {"everything": True}, **asked}
    keyed = {"headers": {"idempotency-key": "job-1"}}
    preview = ask("POST", path, json=body, **keyed).json()
    first, again = (
        ask("POST", path, json={**body, "apply": True}, headers={"idempotency-key": "job-2"})
        for _ in range(2)
    )
    assert (preview["job"], preview["devices"]) == (None, first.json()["devices"])
    assert first.content == again.content
    assert again.headers["idempotent-replayed"] == "true"
    (job,) = ask.get(JOBS).json()["jobs"]
    assert job["job"] == first.json()["job"]
    with database.reading(fleet.engine) as connection:
        actions = [one.action for one in audit.read_entries(connection)]
    assert len([one for one in actions if one in ("fleet.roll_out", "fleet.order")]) == 1
