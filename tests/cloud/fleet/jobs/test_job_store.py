"""Jobs in the database reach the devices that are due, and tell them what changed."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from cloud.database import writing
from cloud.fleet.jobs import job_store
from cloud.fleet.jobs.execution import ExecutionStatus, JobError, RolloutConfig, StatusUpdate
from cloud.fleet.jobs.job_store import Job, JobExists
from cloud.fleet.tables import jobs
from tests.cloud.databases import SQLITE_ONLY

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def make(engine, job, *, at=START):
    with writing(engine) as connection:
        return job_store.create_job(connection, job, at=at)


def test_canceling_a_job_ends_every_execution(fleet):
    make(fleet, Job("j", {}, ("cam-1", "cam-2")))
    with writing(fleet) as connection:
        published = job_store.cancel_job(connection, "j", reason="enough", at=START)
    assert [one.body.get("execution") for one in published if one.topic.endswith("next")] == [
        None,
        None,
    ]


def test_a_job_is_created_once(fleet):
    make(fleet, Job("j", {}, ("cam-1",)))
    with pytest.raises(JobExists, match="job 'j' exists"):
        make(fleet, Job("j", {}, ("cam-2",)))


def create(connection: Connection, name: str, *targets: str, **rollout: int) -> list[str]:
    """The topics of the notifications, without their common parts."""
    job = Job(name, {"operation": "restart"}, targets, RolloutConfig(**rollout))
    said = job_store.create_job(connection, job, at=START)
    return [one.topic.removeprefix("$aws/things/") for one in said]


def finish(connection: Connection, device: str, job: str, status: ExecutionStatus) -> None:
    job_store.update_execution(connection, device, job, StatusUpdate(status), at=START)


def status_of(connection: Connection, job: str) -> tuple[str, str | None]:
    row = connection.execute(select(jobs.c.status, jobs.c.reason).where(jobs.c.id == job)).one()
    return row.status, row.reason


@SQLITE_ONLY
def test_each_device_is_notified_of_its_list_and_of_its_next_job(connection: Connection) -> None:
    assert create(connection, "one", "a", "b") == [
        "a/jobs/notify", "a/jobs/notify-next", "b/jobs/notify", "b/jobs/notify-next",
    ]  # fmt: skip
    assert create(connection, "two", "a") == ["a/jobs/notify"]
    assert [one.job for one in job_store.read_pending(connection, "a")] == ["one", "two"]
    assert job_store.get_execution(connection, "a", job_store.NEXT).job == "one"
    assert job_store.read_document(connection, "two") == {"operation": "restart"}


@SQLITE_ONLY
def test_the_rollout_rate_limits_the_devices_of_a_minute(connection: Connection) -> None:
    create(connection, "j", "a", "b", "c", per_minute=2)
    assert job_store.count_by_status(connection, "j") == {"QUEUED": 2}
    assert job_store.queue_due_targets(connection, "j", at=START + MINUTE / 2) == []
    said = job_store.queue_due_targets(connection, "j", at=START + MINUTE)
    assert {one.topic.split("/")[2] for one in said} == {"c"}
    assert job_store.queue_due_targets(connection, "j", at=START + 9 * MINUTE) == []


@SQLITE_ONLY
def test_a_job_is_over_when_each_device_has_finished_or_failed(connection: Connection) -> None:
    create(connection, "j", "a", "b")
    finish(connection, "a", "j", ExecutionStatus.SUCCEEDED)
    assert status_of(connection, "j") == ("IN_PROGRESS", None)
    finish(connection, "b", "j", ExecutionStatus.REJECTED)
    assert status_of(connection, "j") == ("COMPLETED", None)
    assert job_store.count_by_status(connection, "j") == {"REJECTED": 1, "SUCCEEDED": 1}


@SQLITE_ONLY
def test_a_canceled_job_is_sent_to_nobody_else_and_is_not_canceled_again(connection) -> None:
    create(connection, "j", "a", "b", per_minute=1)
    job_store.cancel_job(connection, "j", reason="enough", at=START)
    assert status_of(connection, "j") == ("CANCELED", "enough")
    assert job_store.advance_time(connection, at=START + 9 * MINUTE) == []
    assert job_store.count_by_status(connection, "j") == {"CANCELED": 1}
    assert job_store.evaluate_job(connection, "j", at=START) == []


@SQLITE_ONLY
def test_an_execution_without_end_in_time_is_timed_out(connection: Connection) -> None:
    create(connection, "j", "a", minutes_each=5)
    finish(connection, "a", "j", ExecutionStatus.IN_PROGRESS)
    assert job_store.advance_time(connection, at=START + 5 * MINUTE - timedelta(seconds=1)) == []
    assert job_store.advance_time(connection, at=START + 5 * MINUTE)
    assert job_store.count_by_status(connection, "j") == {"TIMED_OUT": 1}
    assert job_store.read_pending(connection, "a") == []


@SQLITE_ONLY
@pytest.mark.parametrize(
    ("job", "sentence"),
    [
        ("none", "This device has no job 'none'"),
        ("x" * 900, "has no job 'x{64}'"),
        (job_store.NEXT, "There is no pending job for this device"),
    ],
)
def test_a_job_that_a_device_does_not_have_is_not_found(connection, job, sentence) -> None:
    with pytest.raises(JobError, match=sentence) as refused:
        job_store.get_execution(connection, "a", job)
    assert refused.value.code == "ResourceNotFound"


@SQLITE_ONLY
def test_the_executions_of_one_device_are_deleted(connection: Connection) -> None:
    create(connection, "j", "a", "b")
    job_store.delete_executions(connection, "a")
    assert job_store.count_by_status(connection, "j") == {"QUEUED": 1}
    assert job_store.count_by_status(connection, "none") == {}
