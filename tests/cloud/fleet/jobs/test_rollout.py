"""A model is rolled out to selected devices and rolled back on those that may have it."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from cloud.database import device_status
from cloud.fleet.history import Author, read_history
from cloud.fleet.jobs import job_store, rollout
from cloud.fleet.jobs.execution import ExecutionStatus, RolloutConfig, StatusUpdate
from cloud.fleet.jobs.rollout import ModelRollout, UnknownJob, create_job, roll_back, roll_out_model
from cloud.fleet.outbox import pending_messages
from cloud.fleet.registry import devices
from cloud.fleet.registry.devices import Device, DeviceSelector, RegistryError
from tests.cloud.databases import SQLITE_ONLY

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ANN = Author("ann", START)
EVERYTHING = DeviceSelector()
BUILT_IN = "onlooker-face"


@pytest.fixture
def fleet(connection: Connection) -> Connection:
    """Devices a to e; a and b run face:1, c runs face:2."""
    for name in "abcde":
        devices.register_device(connection, Device(name, "KX-01"), ANN)
    for name, version in (("a", "1"), ("b", "1"), ("c", "2")):
        heartbeat = json.dumps({"versions": {"detector": f"face:{version}"}})
        connection.execute(
            device_status.insert().values(location="KX-01", device=name, heartbeat=heartbeat)
        )
    return connection


def update(connection: Connection, device: str, job: str, status: ExecutionStatus) -> None:
    job_store.update_execution(connection, device, job, StatusUpdate(status), at=START)


@SQLITE_ONLY
def test_the_job_replaces_the_model_that_most_devices_run(fleet: Connection) -> None:
    job = roll_out_model(fleet, ModelRollout("face:2", EVERYTHING, RolloutConfig()), ANN)
    assert job.document == {"operation": "model", "version": "face:2", "replaces": "face:1"}
    assert (job.id, job.targets) == ("face-2-1", tuple("abcde"))
    assert len(pending_messages(fleet)) == 10
    assert read_history(fleet, None, last=1)[0].detail == "face-2-1: face:2 for 5 devices"
    again = roll_out_model(
        fleet, ModelRollout("face:2", EVERYTHING, RolloutConfig()), ANN, replaces="mine"
    )
    assert (again.id, again.document["replaces"]) == ("face-2-2", "mine")


@SQLITE_ONLY
def test_a_model_that_no_device_runs_needs_a_package(fleet: Connection) -> None:
    plan = ModelRollout("new:9", EVERYTHING, RolloutConfig())
    with pytest.raises(RegistryError, match=r"new:9 has no package .* name one of face, face:1"):
        roll_out_model(fleet, plan, ANN)
    assert rollout.list_jobs(fleet, last=9) == []


@SQLITE_ONLY
def test_a_selector_without_a_device_creates_no_job(fleet: Connection) -> None:
    nobody = DeviceSelector(group="none")
    with pytest.raises(RegistryError, match="no device matches the selector"):
        roll_out_model(fleet, ModelRollout(BUILT_IN, nobody, RolloutConfig()), ANN)
    with pytest.raises(RegistryError, match="no device matches the selector"):
        create_job(fleet, {"operation": "restart"}, nobody, RolloutConfig(), ANN)


@SQLITE_ONLY
@pytest.mark.parametrize("document", [{}, {"operation": "explode"}, {"operation": 1}])
def test_a_job_that_no_camera_would_understand_is_refused(fleet: Connection, document) -> None:
    with pytest.raises(RegistryError, match="no camera would understand this job"):
        create_job(fleet, document, EVERYTHING, RolloutConfig(), ANN)
    assert rollout.list_jobs(fleet, last=9) == []


@SQLITE_ONLY
def test_a_rollback_goes_to_the_devices_that_have_or_may_have_the_model(fleet) -> None:
    job = roll_out_model(fleet, ModelRollout("face:2", EVERYTHING, RolloutConfig(5)), ANN).id
    for device, status in (
        ("a", ExecutionStatus.SUCCEEDED),
        ("b", ExecutionStatus.IN_PROGRESS),
        ("c", ExecutionStatus.FAILED),
        ("d", ExecutionStatus.REJECTED),
    ):
        update(fleet, device, job, status)
    result = roll_back(fleet, job, ANN)
    assert (result.done, result.unfinished, result.not_started, result.failed) == (1, 1, 1, 2)
    assert result.job is not None
    assert (result.job.id, result.job.targets) == ("face-2-1-back-1", ("a", "b"))
    assert result.job.document == {
        "operation": "model", "version": "face:1", "replaces": "face:2",
    }  # fmt: skip
    assert rollout.get_job(fleet, job)["status"] == "CANCELED"


@SQLITE_ONLY
def test_a_rollback_that_no_device_needs_creates_no_job(fleet: Connection) -> None:
    job = roll_out_model(fleet, ModelRollout("face:2", EVERYTHING, RolloutConfig(1)), ANN).id
    result = roll_back(fleet, job, ANN)
    assert (result.job, result.not_started) == (None, 5)
    assert [one["job"] for one in rollout.list_jobs(fleet, last=9)] == [job]


@SQLITE_ONLY
def test_a_job_that_does_not_exist_is_refused(fleet: Connection) -> None:
    for act in (lambda: roll_back(fleet, "none", ANN), lambda: rollout.get_job(fleet, "none")):
        with pytest.raises(UnknownJob, match="no job 'none'"):
            act()


@SQLITE_ONLY
def test_a_job_that_replaced_no_known_model_needs_a_version(fleet: Connection) -> None:
    job = create_job(fleet, {"operation": "restart"}, EVERYTHING, RolloutConfig(), ANN).id
    with pytest.raises(
        RegistryError, match="what restart-1 replaced is not known: name it with --to"
    ):
        roll_back(fleet, job, ANN)


@SQLITE_ONLY
def test_the_newest_jobs_are_listed_with_the_devices_by_status(fleet: Connection) -> None:
    create_job(fleet, {"operation": "restart"}, DeviceSelector(name="a"), RolloutConfig(), ANN)
    later = Author("ann", START + timedelta(minutes=1))
    create_job(fleet, {"operation": "renew"}, EVERYTHING, RolloutConfig(per_minute=2), later)
    (newest,) = rollout.list_jobs(fleet, last=1)
    assert (newest["job"], newest["waiting"], newest["devices"]) == ("renew-1", 3, {"QUEUED": 2})
    assert [one["job"] for one in rollout.list_jobs(fleet, last=9)] == ["renew-1", "restart-1"]


@pytest.mark.parametrize(
    ("stem", "name"), [("face:1.2", "face-1-2"), ("ü/..", "----"), ("x" * 90, "x" * 56), ("", "")]
)
def test_an_id_has_only_letters_digits_and_hyphens(stem: str, name: str) -> None:
    assert rollout.job_id_stem(stem) == name
