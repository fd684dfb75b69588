"""Jobs of a device run one at a time; each outcome is reported to the job service."""

import json

import msgspec
import pytest

from edge_agent.management.job_processor import JobState
from tests.edge_agent.management.job_service import JOBS

INVALID = {
    "nothing": ({}, "missing required field `operation`"),
    "another operation": ({"operation": "format"}, "Invalid value 'format'"),
    "a field too many": ({"operation": "restart", "command": "rm"}, "unknown field `command`"),
    "a wrong type": ({"operation": "model", "version": 7}, "Expected `str`, got `int`"),
    "no such model": ({"operation": "model", "version": "d-2"}, "no model 'd-2' on this camera"),
    "a file": ({"operation": "diagnose", "url": "file:///etc/passwd"}, "over https only"),
    "a strange host": ({"operation": "diagnose", "url": "https://evil.example/x"}, "is not in"),
    "a host in disguise": (
        {"operation": "diagnose", "url": "https://127.0.0.1@evil.example/x"},
        "the URL contains a user name or password",
    ),
    "another scheme": ({"operation": "diagnose", "url": "ftp://127.0.0.1/x"}, "over https only"),
    "a version without slots": (
        {"operation": "update", "release": "{}", "signature": "", "url": "https://x.example/"},
        "settings fleet.slots is empty",
    ),
    "too much": ({"operation": "restart", "x": "y" * 40_000}, "at most 32768 are read"),
}


@pytest.mark.parametrize("case", INVALID)
def test_an_invalid_document_is_rejected_with_a_reason_and_changes_nothing(harness, case):
    document, reason = INVALID[case]
    status, details = harness.run_job("job-1", document, seconds=5)
    assert status == "REJECTED"
    assert reason in details["reason"]
    assert harness.device.camera.applied == []
    assert harness.restarts == []


def test_an_outcome_without_a_response_is_reported_again(harness):
    harness.service.create_job("job-1", {"operation": "format"})
    answer = harness.service.link.answer
    harness.service.link.answer = lambda topic, body: (
        [] if topic.endswith("/update") else answer(topic, body)
    )
    for _ in range(3):
        harness.step()
    assert harness.service.outcome("job-1")[0] == "IN_PROGRESS"
    harness.service.link.answer = answer
    harness.start()
    harness.step()
    harness.step()
    assert harness.service.outcome("job-1")[0] == "REJECTED"


def test_a_job_started_by_another_version_is_rejected_if_unsupported(harness):
    harness.service.create_job("job-1", {"operation": "restart"})
    harness.step()
    written = (harness.folder / "job.json").read_text().replace('"restart"', '"dance"')
    (harness.folder / "job.json").write_text(written)
    harness.start()
    harness.step()
    harness.step()
    status, details = harness.service.outcome("job-1")
    assert (status, "does not support the job" in details["reason"]) == ("REJECTED", True)


def test_jobs_run_one_after_another(harness):
    harness.service.create_job("job-1", {"operation": "format"})
    harness.service.create_job("job-2", {"operation": "erase"})
    for _ in range(6):
        harness.step()
    assert [harness.service.outcome(job)[0] for job in ("job-1", "job-2")] == ["REJECTED"] * 2


@pytest.mark.parametrize(
    "payload", [b"{", b"[]", b'{"execution": 7}', b'{"execution": {"jobId": "../x"}}']
)
def test_an_invalid_message_starts_no_job(harness, payload):
    harness.step()
    harness.service.link.inbox.append((f"{JOBS}/notify-next", payload))
    harness.service.link.inbox.append((f"{JOBS}/start-next/accepted", payload))
    harness.step()
    assert harness.processor._state is None


def test_a_job_that_an_earlier_agent_stored_is_in_progress():
    job = {"job": "restart-1", "number": 3, "version": 2, "document": {"kind": "restart"}}
    content = json.dumps({**job, "since": "boot-1", "begun": 2, "watching": True}).encode()

    state = msgspec.json.decode(content, type=JobState)

    assert (state.starts, state.on_probation, state.since) == (2, True, "boot-1")
    assert json.loads(msgspec.json.encode(state))["begun"] == 2
