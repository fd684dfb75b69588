"""Requests on the topics of AWS IoT are answered as the protocol specifies; others are not."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, select

from cloud.fleet.history import Author
from cloud.fleet.jobs import job_store
from cloud.fleet.jobs.job_store import Job
from cloud.fleet.registry import devices
from cloud.fleet.registry.devices import Device
from cloud.fleet.tables import shadows
from cloud.fleet.topic_handler import device_in, handle, reject_throttled
from tests.cloud.databases import SQLITE_ONLY

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
AT_S = int(START.timestamp())
MY = "$aws/things/cam-1/"

Answers = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def cam(connection: Connection) -> Connection:
    devices.register_device(connection, Device("cam-1", "KX-01"), Author("ann", START))
    return connection


def ask(connection: Connection, topic: str, body: object = None) -> Answers:
    payload = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
    said = handle(connection, MY + topic, payload, at=START)
    return [(one.topic.removeprefix(MY), one.body) for one in said]


@pytest.mark.parametrize(
    ("topic", "device"),
    [
        ("$aws/things/cam-1/shadow/get", "cam-1"),
        ("$aws/things/cam-1/shadow/name/config/update", "cam-1"),
        ("$aws/things/cam-1/jobs/$next/get", "cam-1"),
        ("$aws/things/cam-1/jobs/start-next", "cam-1"),
        ("$aws/things/cam-1/jobs/j/update", "cam-1"),
        ("$aws/things/cam-1/shadow/get/accepted", None),
        ("$aws/things/cam-1/jobs/notify-next", None),
        ("$aws/things/a/b/shadow/get", None),
        ("$aws/things/service:fleet/shadow/get", None),
        ("onlooker/v1/KX-01/cam-1/audience", None),
        ("$aws/things/cam-1/shadow/get\n", None),
        ("", None),
    ],
)
def test_the_device_is_read_from_the_topic_of_a_request(topic: str, device: str | None) -> None:
    assert device_in(topic) == device


@SQLITE_ONLY
def test_a_topic_that_is_no_request_is_not_answered(cam: Connection) -> None:
    assert ask(cam, "shadow/update/accepted", {"state": {}}) == []
    assert cam.execute(select(shadows)).all() == []


@SQLITE_ONLY
def test_a_shadow_is_updated_read_and_deleted(cam: Connection) -> None:
    update = {"state": {"reported": {"a": 1}}, "clientToken": "t"}
    (accepted, body), (documents, _) = ask(cam, "shadow/name/config/update", update)
    assert (accepted, documents) == (
        "shadow/name/config/update/accepted",
        "shadow/name/config/update/documents",
    )
    assert (body["version"], body["clientToken"], body["timestamp"]) == (1, "t", AT_S)
    ((_, shown),) = ask(cam, "shadow/name/config/get")
    assert shown["state"] == {"reported": {"a": 1}}
    assert ask(cam, "shadow/name/config/delete", {"clientToken": "u"}) == [
        (
            "shadow/name/config/delete/accepted",
            {"version": 1, "timestamp": AT_S, "clientToken": "u"},
        )
    ]
    ((topic, refused),) = ask(cam, "shadow/name/config/get", {"clientToken": "v"})
    assert topic == "shadow/name/config/get/rejected"
    assert (refused["code"], refused["clientToken"]) == (404, "v")


@SQLITE_ONLY
@pytest.mark.parametrize(
    ("payload", "code"),
    [(b"{", 400), (b"[]", 400), (b"\xff", 415), (b"{}", 400), (b'{"state": 5}', 400)],
)
def test_an_invalid_shadow_update_is_rejected_and_changes_nothing(cam, payload, code: int) -> None:
    ((topic, body),) = ask(cam, "shadow/update", payload)
    assert (topic, body["code"]) == ("shadow/update/rejected", code)
    assert cam.execute(select(shadows)).all() == []


@SQLITE_ONLY
def test_a_job_is_listed_started_described_and_finished(cam: Connection) -> None:
    job_store.create_job(cam, Job("j", {"operation": "restart"}, ("cam-1",)), at=START)
    ((_, listed),) = ask(cam, "jobs/get")
    assert [one["jobId"] for one in listed["queuedJobs"]] == ["j"]
    assert listed["inProgressJobs"] == []
    started = ask(cam, "jobs/start-next", {"statusDetails": {"step": "1"}, "clientToken": "t"})
    topic, body = started[0]
    assert (topic, body["clientToken"]) == ("jobs/start-next/accepted", "t")
    assert body["execution"]["jobDocument"] == {"operation": "restart"}
    assert body["execution"]["status"] == "IN_PROGRESS"
    ((_, described),) = ask(cam, "jobs/$next/get", {"includeJobDocument": False})
    assert "jobDocument" not in described["execution"]
    (_, done), *notifications = ask(
        cam,
        "jobs/j/update",
        {"status": "SUCCEEDED", "includeJobExecutionState": True, "includeJobDocument": True},
    )
    assert done["executionState"]["status"] == "SUCCEEDED"
    assert done["jobDocument"] == {"operation": "restart"}
    assert [topic for topic, _ in notifications] == ["jobs/notify", "jobs/notify-next"]


@SQLITE_ONLY
def test_a_device_without_a_job_is_given_none(cam: Connection) -> None:
    assert ask(cam, "jobs/start-next") == [("jobs/start-next/accepted", {"timestamp": AT_S})]
    ((topic, body),) = ask(cam, "jobs/none/get", {"clientToken": "t"})
    assert topic == "jobs/none/get/rejected"
    assert (body["code"], body["clientToken"]) == ("ResourceNotFound", "t")


@SQLITE_ONLY
@pytest.mark.parametrize(
    ("topic", "payload", "code"),
    [
        ("jobs/get", b"{", "InvalidJson"),
        ("jobs/get", b"\xff", "InvalidJson"),
        ("jobs/get", b"[1]", "InvalidJson"),
        ("jobs/get", json.dumps({"clientToken": "x" * 65}).encode(), "InvalidRequest"),
        ("jobs/get", json.dumps({"clientToken": "é" * 33}).encode(), "InvalidRequest"),
        ("jobs/get", b'{"clientToken": 7}', "InvalidRequest"),
        ("jobs/j/update", b'{"status": "DONE"}', "InvalidRequest"),
        ("jobs/j/update", b"{}", "InvalidRequest"),
    ],
)
def test_an_invalid_job_request_is_rejected(cam, topic: str, payload: bytes, code: str) -> None:
    job_store.create_job(cam, Job("j", {}, ("cam-1",)), at=START)
    ((answer, body),) = ask(cam, topic, payload)
    assert (answer, body["code"]) == (f"{topic}/rejected", code)
    assert job_store.count_by_status(cam, "j") == {"QUEUED": 1}


@SQLITE_ONLY
def test_an_update_of_a_job_that_is_over_is_rejected_with_its_state(cam: Connection) -> None:
    job_store.create_job(cam, Job("j", {}, ("cam-1",)), at=START)
    ask(cam, "jobs/j/update", {"status": "FAILED"})
    ((_, body),) = ask(cam, "jobs/j/update", {"status": "SUCCEEDED"})
    assert body["code"] == "InvalidStateTransition"
    assert body["executionState"]["status"] == "FAILED"


@pytest.mark.parametrize(
    ("topic", "code"),
    [("shadow/get", 429), ("shadow/name/config/update", 429), ("jobs/get", "RequestThrottled")],
)
def test_a_throttled_request_is_rejected_unread(topic: str, code: object) -> None:
    (answer,) = reject_throttled(MY + topic, b"\xff{", at=START)
    assert (answer.topic, answer.body["code"]) == (f"{MY}{topic}/rejected", code)
