"""Models are rolled out and rolled back, and other jobs created, for the selected cameras."""

import json
from datetime import UTC, datetime, timedelta

from cloud.database import device_status, reading, writing
from cloud.fleet.jobs import job_store
from cloud.fleet.jobs.execution import ExecutionStatus, StatusUpdate

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def test_a_rollout_that_fails_on_the_canaries_is_canceled(fleet, run_command):
    with writing(fleet) as connection:
        heartbeat = json.dumps({"versions": {"detector": "d-1"}})
        values = {"location": "KX-01", "device": "cam-1", "heartbeat": heartbeat}
        connection.execute(device_status.insert().values(**values))
    assert "1 devices would get d-2" in run_command("roll-out", "d-2", "--group", "canary")[1]
    assert (
        run_command("roll-out", "d-2", "--group", "canary", "--apply")[1]
        == "d-2-1: d-2 for 1 devices\n"
    )
    with writing(fleet) as connection:
        document = job_store.read_document(connection, "d-2-1")
        assert document == {"operation": "model", "version": "d-2", "replaces": "d-1"}
        job_store.update_execution(
            connection, "cam-1", "d-2-1", StatusUpdate(ExecutionStatus.FAILED), at=START
        )
    assert (
        "d-2-1  CANCELED (too many devices went wrong)  1 FAILED" in run_command("job", "list")[1]
    )


def test_a_roll_back_targets_the_devices_that_installed_the_model(fleet, run_command):
    run_command("roll-out", "d-2", "--location", "KX-01", "--apply")
    with writing(fleet) as connection:
        for device, status in (
            ("cam-1", ExecutionStatus.SUCCEEDED),
            ("cam-2", ExecutionStatus.IN_PROGRESS),
        ):
            job_store.update_execution(connection, device, "d-2-1", StatusUpdate(status), at=START)
    assert (
        "what d-2-1 replaced is not known: name it with --to"
        in run_command("roll-back", "d-2-1")[1]
    )
    assert run_command("roll-back", "d-2-1", "--to", "d-1")[1].splitlines() == [
        "d-2-1-back-1: d-1 for 2 devices",
        "1 had installed it, 1 had started and not finished, 1 had not started, "
        "0 had failed and still run the old one",
    ]
    with reading(fleet) as connection:
        assert job_store.count_by_status(connection, "d-2-1") == {"SUCCEEDED": 1, "CANCELED": 2}
        assert [one.job for one in job_store.read_pending(connection, "cam-2")] == ["d-2-1-back-1"]


def test_a_roll_back_of_a_stopped_job_targets_the_devices_that_may_run_the_model(
    fleet, run_command
):
    run_command("roll-out", "d-2", "--all", "--replaces", "d-1", "--minutes-each", "1",
          "--abort-percent", "100", "--apply")  # fmt: skip
    with writing(fleet) as connection:
        for device in ("cam-1", "cam-2"):
            job_store.update_execution(
                connection, device, "d-2-1", StatusUpdate(ExecutionStatus.IN_PROGRESS), at=START
            )
        job_store.advance_time(
            connection, at=START + timedelta(minutes=2)
        )  # both run out: it is stopped
        assert job_store.count_by_status(connection, "d-2-1") == {"TIMED_OUT": 2, "CANCELED": 2}
    output = run_command("roll-back", "d-2-1")[1]
    assert output.startswith("d-2-1-back-1: d-1 for 2 devices\n0 had installed it, 2 had started")


def test_a_roll_back_that_concerns_no_device_creates_no_job_and_says_so(fleet, run_command):
    run_command("roll-out", "d-2", "--device", "cam-1", "--replaces", "d-1", "--apply")
    with writing(fleet) as connection:
        job_store.update_execution(
            connection, "cam-1", "d-2-1", StatusUpdate(ExecutionStatus.FAILED), at=START
        )
    output = run_command("roll-back", "d-2-1")[1]
    assert output.startswith("no new job: no device had installed it\n")
    assert "1 had failed and still run the old one" in output
    assert run_command("job", "list")[1].count("\n") == 1


def test_the_reason_why_a_job_failed_is_shown_for_each_device(fleet, run_command):
    run_command("roll-out", "d-2", "--location", "KX-01", "--abort-after", "9", "--apply")
    with writing(fleet) as connection:
        job_store.update_execution(
            connection, "cam-1", "d-2-1", StatusUpdate(ExecutionStatus.IN_PROGRESS), at=START
        )
        details = {"reason": "its digest is another", "tries": "3"}
        failed = StatusUpdate(ExecutionStatus.FAILED, details)
        job_store.update_execution(
            connection, "cam-1", "d-2-1", failed, at=START + timedelta(seconds=9)
        )
    status, output = run_command("job", "show", "d-2-1")
    assert status == 0
    assert "cam-1  FAILED" in output
    assert "started 2026-11-20 09:00:00Z, updated 2026-11-20 09:00:09Z" in output
    assert "its digest is another  tries=3" in output
    queued = run_command("job", "show", "d-2-1", "--status", "QUEUED")[1].splitlines()[1:]
    assert [line.split()[0] for line in queued] == ["cam-2", "cam-3"]


def test_other_jobs_are_created_by_their_name(fleet, run_command):
    assert run_command("job", "create", "renew", "--device", "cam-1")[1].startswith(
        "1 devices would renew"
    )
    output = run_command("job", "create", "renew", "--device", "cam-1", "--apply")[1]
    assert output == "renew-1: renew for 1 devices\n"
    url = "url=https://files.example/bundle"
    assert run_command("job", "create", "diagnose", url, "--device", "cam-1", "--apply")[0] == 0
    status, output = run_command("job", "create", "explode", "--device", "cam-1", "--apply")
    assert (status, "Invalid value 'explode'" in output) == (2, True)
