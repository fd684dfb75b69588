"""The fleet service without a broker: requests, answers, and what is stored."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DataError, OperationalError

from cloud.database import reading, writing
from cloud.fleet import topic_handler
from cloud.fleet.jobs import job_store
from cloud.fleet.jobs.execution import AbortCriteria, RolloutConfig
from cloud.fleet.jobs.job_store import Job
from cloud.fleet.outbox import OutgoingMessage, enqueue
from cloud.fleet.service import FleetService

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MY = "$aws/things/cam-1"


class ServiceRun:
    """The service with a clock that the test sets; what it publishes is recorded."""

    def __init__(self, engine):
        self.at = START
        self.published = []
        self.service = FleetService(engine, self._publish, lambda: self.at)

    def _publish(self, topic, payload):
        self.published.append((topic, json.loads(payload)))

    def ask(self, topic, body=None, *, device="cam-1"):
        payload = b"" if body is None else json.dumps(body).encode()
        self.service.take(f"$aws/things/{device}/{topic}", payload)

    def step(self):
        """Answer what is pending; the messages that were published."""
        self.published.clear()
        self.service.step(0)
        return list(self.published)


@pytest.fixture
def service(fleet):
    return ServiceRun(fleet)


def make(engine, job, *, at=START):
    with writing(engine) as connection:
        return job_store.create_job(connection, job, at=at)


def published_on(published, suffix):
    return [(topic.split("/")[2], body) for topic, body in published if topic.endswith(suffix)]


def test_an_update_is_answered_and_published_to_subscribers(service):
    service.ask("shadow/name/config/update", {"state": {"desired": {"paused": True}}})
    published = service.step()
    assert [topic.removeprefix(f"{MY}/shadow/name/config/update/") for topic, _ in published] == [
        "accepted",
        "delta",
        "documents",
    ]


@pytest.mark.parametrize(
    "topic",
    [
        "shadow/update/accepted",
        "shadow/name/a b/get",
        "shadow/name//get",
        f"shadow/name/{'n' * 65}/get",
        "shadow/put",
        "jobs/notify",
        "jobs/../get/x",
        f"jobs/{'j' * 65}/get",
        "jobs/j/delete",
        "shadow/get\n",
    ],
)
def test_topics_that_are_no_requests_are_not_answered(service, topic):
    service.ask(topic)
    assert service.step() == []


@pytest.mark.parametrize("device", ["../cam-1", "cam 1", "", "-cam", "service:fleet", "c" * 64])
def test_requests_of_invalid_names_are_not_answered(service, device):
    service.ask("shadow/get", device=device)
    assert service.step() == []


def test_a_device_that_is_not_registered_gets_no_shadow(service):
    service.ask("shadow/update", {"state": {"reported": {"a": 1}}}, device="stranger")
    [(_, body)] = service.step()
    assert (body["code"], body["message"]) == (404, "Thing not found: 'stranger'")


def test_the_eleventh_pending_request_of_a_device_is_refused(service):
    for number in range(11):
        service.ask("shadow/get", {"clientToken": str(number)})
    service.ask("shadow/get", {"clientToken": "other"}, device="cam-2")
    [(topic, body)] = service.published
    assert topic == f"{MY}/shadow/get/rejected"
    assert (body["code"], body["clientToken"]) == (429, "10")
    assert len(service.step()) == 11
    service.ask("shadow/get")
    assert len(service.step()) == 1


def test_a_refused_request_does_not_affect_others_of_its_batch(service):
    service.ask("shadow/update", {"state": {"desired": {"a": 1}}})
    service.ask("shadow/update", {"state": {"desired": 5}})
    service.ask("shadow/update", {"state": {"desired": {"b": 2}}})
    answers = [body for topic, body in service.step() if topic.endswith(("accepted", "rejected"))]
    assert [body.get("version", body.get("code")) for body in answers] == [1, 400, 2]


def test_an_invalid_request_on_a_jobs_topic_is_refused_with_the_code_of_the_protocol(service):
    service.service.take(f"{MY}/jobs/get", b"{")
    service.service.take(f"{MY}/jobs/get", b"[]")
    service.ask("jobs/get", {"clientToken": "x" * 65})
    service.ask("jobs/none/update", {"status": "FAILED", "clientToken": "t"})
    codes = [(body["code"], body.get("clientToken", "")[:1]) for _, body in service.step()]
    assert codes == [
        ("InvalidJson", ""),
        ("InvalidJson", ""),
        ("InvalidRequest", ""),
        ("ResourceNotFound", "t"),
    ]


def test_a_rollout_is_sent_to_two_devices_a_minute(service, fleet):
    job = Job("j", {"n": 1}, ("cam-1", "cam-2", "cam-3"), RolloutConfig(per_minute=2))
    first = make(fleet, job)
    assert {published.topic.split("/")[2] for published in first} == {"cam-1", "cam-2"}
    service.at = START + timedelta(seconds=59)
    assert service.step() == []
    service.at = START + timedelta(seconds=60)
    assert [device for device, _ in published_on(service.step(), "notify-next")] == ["cam-3"]


def test_a_job_with_too_many_failures_is_stopped_before_it_is_sent_to_the_rest(service, fleet):
    rollout = RolloutConfig(per_minute=2, abort=AbortCriteria(at_least=2, percentage=50))
    make(fleet, Job("j", {}, ("cam-1", "cam-2", "cam-3", "cam-4"), rollout))
    service.ask("jobs/j/update", {"status": "FAILED"})
    service.ask("jobs/j/update", {"status": "SUCCEEDED"}, device="cam-2")
    service.step()
    service.at = START + timedelta(minutes=10)
    assert service.step() == []
    with reading(fleet) as connection:
        assert job_store.count_by_status(connection, "j") == {"FAILED": 1, "SUCCEEDED": 1}
        status = connection.exec_driver_sql("select status, reason from jobs").one()
    assert tuple(status) == ("CANCELED", "too many devices went wrong")


def test_a_job_is_complete_when_every_device_has_finished(service, fleet):
    make(fleet, Job("j", {}, ("cam-1", "cam-2")))
    for device in ("cam-1", "cam-2"):
        service.ask("jobs/j/update", {"status": "SUCCEEDED"}, device=device)
    service.step()
    with reading(fleet) as connection:
        assert connection.exec_driver_sql("select status from jobs").scalar() == "COMPLETED"


def test_an_execution_that_times_out_counts_as_failed(service, fleet):
    rollout = RolloutConfig(minutes_each=5, abort=AbortCriteria(at_least=1, percentage=100))
    make(fleet, Job("j", {}, ("cam-1", "cam-2"), rollout))
    service.ask("jobs/start-next")
    service.step()
    service.at = START + timedelta(minutes=5)
    published = service.step()
    assert {device for device, _ in published_on(published, "notify")} == {"cam-1", "cam-2"}
    with reading(fleet) as connection:
        assert job_store.count_by_status(connection, "j") == {"TIMED_OUT": 1, "CANCELED": 1}


def test_the_next_job_is_published_when_the_previous_one_is_over(service, fleet):
    make(fleet, Job("a", {}, ("cam-1",)))
    later = make(fleet, Job("b", {}, ("cam-1",)), at=START + timedelta(seconds=1))
    assert [published.topic for published in later] == [
        f"{MY}/jobs/notify"
    ]  # the next is still `a`
    service.ask("jobs/a/update", {"status": "SUCCEEDED"})
    [(_, body)] = published_on(service.step(), "notify-next")
    assert body["execution"]["jobId"] == "b"


def test_messages_of_the_outbox_are_published_once(service, fleet):
    with writing(fleet) as connection:
        enqueue(connection, [OutgoingMessage("a/b", {"n": 1}), OutgoingMessage("a/c", {"n": 2})])
    assert service.step() == [("a/b", {"n": 1}), ("a/c", {"n": 2})]
    service.at += timedelta(seconds=2)
    assert service.step() == []


@pytest.mark.parametrize(
    "error", [KeyError("x"), RecursionError(), DataError("x", None, OSError())]
)
def test_a_request_that_fails_stops_no_other(service, monkeypatch, error):
    answer = topic_handler.handle

    def fails_for_one(connection, topic, payload, *, at):
        if "cam-2" in topic:
            raise error
        return answer(connection, topic, payload, at=at)

    monkeypatch.setattr(topic_handler, "handle", fails_for_one)
    for device in ("cam-1", "cam-2", "cam-3"):
        service.ask("shadow/name/config/update", {"state": {"desired": {"a": 1}}}, device=device)
    assert [device for device, _ in published_on(service.step(), "update/accepted")] == [
        "cam-1",
        "cam-3",
    ]


def test_an_unavailable_database_does_not_end_the_service(service, monkeypatch):
    make(service.service._engine, Job("j", {}, ("cam-1",)))

    def away(*_, **__):
        raise OperationalError("x", None, OSError())

    with monkeypatch.context() as patch:
        patch.setattr(job_store, "advance_time", away)
        assert service.step() == []
    service.at += timedelta(seconds=2)
    service.step()


def test_a_database_without_a_folder_is_logged_and_does_not_end_the_service(tmp_path, caplog):
    published = []
    engine = create_engine(f"sqlite:///{tmp_path}/none/fleet.db")
    service = FleetService(engine, lambda *published: published.append(published), lambda: START)
    service.step(0)
    assert "database.unavailable" in caplog.text
    assert published == []
    engine.dispose()
