"""The progress of a job names each device with its status, times and reason."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from cloud.fleet.jobs import job_store
from cloud.fleet.jobs.execution import ExecutionStatus, RolloutConfig, StatusUpdate
from cloud.fleet.jobs.job_store import Job
from cloud.fleet.jobs.progress import read_progress
from cloud.fleet.jobs.rollout import UnknownJob
from tests.cloud.databases import SQLITE_ONLY

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LATER = START + timedelta(seconds=9)

pytestmark = SQLITE_ONLY


@pytest.fixture
def job(connection: Connection) -> Connection:
    """Job `j` of devices `a`, `b` and `c`."""
    rollout = RolloutConfig(minutes_each=1)
    job_store.create_job(connection, Job("j", {}, ("a", "b", "c"), rollout), at=START)
    return connection


def update(connection: Connection, device: str, status: ExecutionStatus, **details: str) -> None:
    job_store.update_execution(connection, device, "j", StatusUpdate(status, details), at=LATER)


def test_a_queued_device_has_not_started(job: Connection) -> None:
    first = read_progress(job, "j")[0]
    assert (first.device, first.status, first.reason) == ("a", ExecutionStatus.QUEUED, None)
    assert (first.queued_at, first.started_at, first.updated_at) == (START, None, START)


def test_the_reason_is_the_one_that_the_device_gave(job: Connection) -> None:
    update(job, "a", ExecutionStatus.IN_PROGRESS)
    update(job, "a", ExecutionStatus.FAILED, reason="wrong digest", tries="3")
    first = read_progress(job, "j")[0]
    assert (first.reason, first.details["tries"]) == ("wrong digest", "3")
    assert (first.started_at, first.updated_at) == (LATER, LATER)


def test_a_device_that_did_not_finish_and_a_stopped_job_have_a_reason(job: Connection) -> None:
    update(job, "a", ExecutionStatus.IN_PROGRESS)
    job_store.advance_time(job, at=LATER + timedelta(minutes=1))
    job_store.cancel_job(job, "j", reason="enough", at=LATER)
    assert [one.reason for one in read_progress(job, "j")] == [
        "it started and did not finish in time",
        "the job was stopped: enough",
        "the job was stopped: enough",
    ]


@pytest.mark.parametrize(
    ("options", "devices"),
    [
        ({}, ["a", "b", "c"]),
        ({"status": ExecutionStatus.QUEUED}, ["b", "c"]),
        ({"status": ExecutionStatus.FAILED}, []),
        ({"after": "a"}, ["b", "c"]),
        ({"after": "c"}, []),
        ({"most": 2}, ["a", "b"]),
    ],
)
def test_a_page_is_cut_by_status_and_by_name(job: Connection, options, devices) -> None:
    update(job, "a", ExecutionStatus.SUCCEEDED)
    assert [one.device for one in read_progress(job, "j", **options)] == devices


def test_a_job_that_does_not_exist_is_refused(job: Connection) -> None:
    with pytest.raises(UnknownJob, match="no job 'none': see `fleet job list`"):
        read_progress(job, "none")
