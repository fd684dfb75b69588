"""The gateway and the service, without a broker: what is asked, what is said, what is kept."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DataError, OperationalError

from cloud.database import reading, writing
from cloud.fleet import topic_handler
from cloud.fleet.jobs import job_store
from cloud.fleet.jobs.execution import AbortCriteria, RolloutConfig
from cloud.fleet.jobs.job_store import Job, JobExists
from cloud.fleet.outbox import OutgoingMessage, enqueue
from cloud.fleet.service import FleetService
from cloud.fleet.shadows import shadow_store
from cloud.fleet.shadows.shadow_store import ShadowName

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MY = "$aws/things/cam-1"


class Desk:
    """The service with a clock that is set and a broker that only listens."""

    def __init__(self, engine):
        self.at = START
        self.said = []
        self.service = FleetService(engine, self._publish, lambda: self.at)

    def _publish(self, topic, payload):
        self.said.append((topic, json.loads(payload)))

    def ask(self, topic, body=None, *, device="cam-1"):
        payload = b"" if body is None else json.dumps(body).encode()
        self.service.take(f"$aws/things/{device}/{topic}", payload)

    def step(self):
        """Let the service do what waits, and return what it said."""
        self.said.clear()
        self.service.step(0)
        return list(self.said)


@pytest.fixture
def desk(fleet):
    return Desk(fleet)


def make(engine, job, *, at=START):
    with writing(engine) as connection:
        return job_store.create_job(connection, job, at=at)


def told(said, suffix):
    return [(topic.split("/")[2], body) for topic, body in said if topic.endswith(suffix)]


def test_an_update_is_answered_and_everybody_hears_of_it(desk):
    desk.ask("shadow/name/config/update", {"state": {"desired": {"paused": True}}})
    said = desk.step()
    assert [topic.removeprefix(f"{MY}/shadow/name/config/update/") for topic, _ in said] == [
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
def test_topics_that_are_no_requests_are_answered_nothing(desk, topic):
    desk.ask(topic)
    assert desk.step() == []


@pytest.mark.parametrize("device", ["../cam-1", "cam 1", "", "-cam", "service:fleet", "c" * 64])
def test_names_that_are_none_reach_nothing(desk, device):
    desk.ask("shadow/get", device=device)
    assert desk.step() == []


def test_a_thing_that_is_not_registered_gets_no_shadow(desk):
    desk.ask("shadow/update", {"state": {"reported": {"a": 1}}}, device="stranger")
    [(_, body)] = desk.step()
    assert (body["code"], body["message"]) == (404, "Thing not found: 'stranger'")


def test_the_eleventh_request_that_waits_is_refused_and_other_things_are_not(desk):
    for number in range(11):
        desk.ask("shadow/get", {"clientToken": str(number)})
    desk.ask("shadow/get", {"clientToken": "other"}, device="cam-2")
    [(topic, body)] = desk.said
    assert topic == f"{MY}/shadow/get/rejected"
    assert (body["code"], body["clientToken"]) == (429, "10")
    assert len(desk.step()) == 11
    desk.ask("shadow/get")
    assert len(desk.step()) == 1


def test_a_refusal_in_a_batch_leaves_its_neighbours_alone(desk):
    desk.ask("shadow/update", {"state": {"desired": {"a": 1}}})
    desk.ask("shadow/update", {"state": {"desired": 5}})
    desk.ask("shadow/update", {"state": {"desired": {"b": 2}}})
    answers = [body for topic, body in desk.step() if topic.endswith(("accepted", "rejected"))]
    assert [body.get("version", body.get("code")) for body in answers] == [1, 400, 2]


def test_rubbish_on_a_jobs_topic_is_refused_with_the_protocols_word(desk):
    desk.service.take(f"{MY}/jobs/get", b"{")
    desk.service.take(f"{MY}/jobs/get", b"[]")
    desk.ask("jobs/get", {"clientToken": "x" * 65})
    desk.ask("jobs/none/update", {"status": "FAILED", "clientToken": "t"})
    codes = [(body["code"], body.get("clientToken", "")[:1]) for _, body in desk.step()]
    assert codes == [
        ("InvalidJson", ""),
        ("InvalidJson", ""),
        ("InvalidRequest", ""),
        ("ResourceNotFound", "t"),
    ]


def test_a_version_starts_anew_two_days_after_a_deletion(fleet):
    whose = ShadowName("cam-1")
    wish = topic_handler.shadow.ShadowUpdate({"desired": {"a": 1}})
    #  Friday 9:00 made and deleted, Sunday 8:59 goes on at 2, Sunday 9:00 would start at 1
    for later, version in ((timedelta(hours=47), 2), (timedelta(hours=48), 1)):
        with writing(fleet) as connection:
            connection.exec_driver_sql("delete from shadows")
            shadow_store.update_shadow(connection, whose, wish, at=START)
            shadow_store.delete_shadow(connection, whose, at=START)
            again = shadow_store.update_shadow(connection, whose, wish, at=START + later)
        assert again.shadow.version == version


def test_a_rollout_reaches_two_things_a_minute(desk, fleet):
    job = Job("j", {"n": 1}, ("cam-1", "cam-2", "cam-3"), RolloutConfig(per_minute=2))
    first = make(fleet, job)
    assert {said.topic.split("/")[2] for said in first} == {"cam-1", "cam-2"}
    desk.at = START + timedelta(seconds=59)
    assert desk.step() == []
    desk.at = START + timedelta(seconds=60)
    assert [device for device, _ in told(desk.step(), "notify-next")] == ["cam-3"]


def test_a_job_that_goes_wrong_is_stopped_before_it_reaches_the_rest(desk, fleet):
    rollout = RolloutConfig(per_minute=2, abort=AbortCriteria(at_least=2, percentage=50))
    make(fleet, Job("j", {}, ("cam-1", "cam-2", "cam-3", "cam-4"), rollout))
    desk.ask("jobs/j/update", {"status": "FAILED"})
    desk.ask("jobs/j/update", {"status": "SUCCEEDED"}, device="cam-2")
    desk.step()
    desk.at = START + timedelta(minutes=10)
    assert desk.step() == []
    with reading(fleet) as connection:
        assert job_store.count_by_status(connection, "j") == {"FAILED": 1, "SUCCEEDED": 1}
        status = connection.exec_driver_sql("select status, reason from jobs").one()
    assert tuple(status) == ("CANCELED", "too many devices went wrong")


def test_a_job_is_complete_when_everybody_is_through(desk, fleet):
    make(fleet, Job("j", {}, ("cam-1", "cam-2")))
    for device in ("cam-1", "cam-2"):
        desk.ask("jobs/j/update", {"status": "SUCCEEDED"}, device=device)
    desk.step()
    with reading(fleet) as connection:
        assert connection.exec_driver_sql("select status from jobs").scalar() == "COMPLETED"


def test_time_that_runs_out_counts_as_gone_wrong(desk, fleet):
    rollout = RolloutConfig(minutes_each=5, abort=AbortCriteria(at_least=1, percentage=100))
    make(fleet, Job("j", {}, ("cam-1", "cam-2"), rollout))
    desk.ask("jobs/start-next")
    desk.step()
    desk.at = START + timedelta(minutes=5)
    said = desk.step()
    assert {device for device, _ in told(said, "notify")} == {"cam-1", "cam-2"}
    with reading(fleet) as connection:
        assert job_store.count_by_status(connection, "j") == {"TIMED_OUT": 1, "CANCELED": 1}


def test_cancelling_lets_everybody_off(fleet):
    make(fleet, Job("j", {}, ("cam-1", "cam-2")))
    with writing(fleet) as connection:
        said = job_store.cancel_job(connection, "j", reason="enough", at=START)
    assert [one.body.get("execution") for one in said if one.topic.endswith("next")] == [None, None]


def test_a_job_is_made_once(fleet):
    make(fleet, Job("j", {}, ("cam-1",)))
    with pytest.raises(JobExists, match="job 'j' exists"):
        make(fleet, Job("j", {}, ("cam-2",)))


def test_the_next_job_is_told_when_the_one_before_is_over(desk, fleet):
    make(fleet, Job("a", {}, ("cam-1",)))
    later = make(fleet, Job("b", {}, ("cam-1",)), at=START + timedelta(seconds=1))
    assert [said.topic for said in later] == [f"{MY}/jobs/notify"]  # the next is still `a`
    desk.ask("jobs/a/update", {"status": "SUCCEEDED"})
    [(_, body)] = told(desk.step(), "notify-next")
    assert body["execution"]["jobId"] == "b"


def test_what_a_command_left_is_said_once(desk, fleet):
    with writing(fleet) as connection:
        enqueue(connection, [OutgoingMessage("a/b", {"n": 1}), OutgoingMessage("a/c", {"n": 2})])
    assert desk.step() == [("a/b", {"n": 1}), ("a/c", {"n": 2})]
    desk.at += timedelta(seconds=2)
    assert desk.step() == []


@pytest.mark.parametrize(
    "error", [KeyError("x"), RecursionError(), DataError("x", None, OSError())]
)
def test_a_request_that_cannot_be_answered_stops_no_other(desk, monkeypatch, error):
    answer = topic_handler.handle

    def fails_for_one(connection, topic, payload, *, at):
        if "cam-2" in topic:
            raise error
        return answer(connection, topic, payload, at=at)

    monkeypatch.setattr(topic_handler, "handle", fails_for_one)
    for device in ("cam-1", "cam-2", "cam-3"):
        desk.ask("shadow/name/config/update", {"state": {"desired": {"a": 1}}}, device=device)
    assert [device for device, _ in told(desk.step(), "update/accepted")] == ["cam-1", "cam-3"]


def test_a_database_that_is_away_does_not_end_the_service(desk, monkeypatch):
    make(desk.service._engine, Job("j", {}, ("cam-1",)))

    def away(*_, **__):
        raise OperationalError("x", None, OSError())

    with monkeypatch.context() as patch:
        patch.setattr(job_store, "advance_time", away)
        assert desk.step() == []
    desk.at += timedelta(seconds=2)
    desk.step()


def test_a_database_that_is_away_for_a_moment_does_not_end_the_service(tmp_path, caplog):
    published = []
    engine = create_engine(f"sqlite:///{tmp_path}/none/fleet.db")
    service = FleetService(engine, lambda *said: published.append(said), lambda: START)
    service.step(0)
    assert "database.unavailable" in caplog.text
    assert published == []
    engine.dispose()
