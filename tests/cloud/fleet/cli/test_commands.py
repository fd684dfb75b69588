"""Commands that cannot be carried out are refused in one sentence; every change is recorded."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from cloud.auth import audit
from cloud.database import connect, reading, writing
from cloud.fleet import history, tables
from cloud.fleet.history import Author
from cloud.fleet.jobs import job_store
from cloud.fleet.jobs.job_store import Job
from cloud.fleet.registry import devices
from cloud.fleet.registry.devices import DeviceSelector
from cloud.fleet.shadows import desired_config

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["set", "--all", "sauce=1"], "sauce: wanted one of analysed_fps, analysed_px"),
        (["set", "--all", "report_interval_ms=7000"], "does not divide one minute"),
        (["set", "--all", "paused=perhaps"], "Expected `bool`, got `str`"),
        (["set", "--all", "paused"], "write NAME=VALUE"),
        (["set", "--all", "detector=nope"], "wanted one of d-2, onlooker-face; send a new one"),
        (["set", "--all", "attention=nope"], "wanted one of onlooker-attention"),
        (
            ["set", "--all", 'schedule={"time_zone":"Europe/Londn","hours":[]}'],
            "no IANA time zone: write Europe/London",
        ),
        (["set", "paused=true", "--group", "nobody"], "no device matches the selector"),
        (["show", "nobody"], "no device 'nobody' in the fleet"),
        (["retire", "nobody"], "no device 'nobody' in the fleet"),
        (["register", "../x", "--location", "KX-01"], "is not a name"),
        (["register", "x", "--location", "KX-1"], "lists KX-01"),
        (["set", "paused=true"], "no target: name it with --device"),
        (["set", "paused=true", "--apply"], "--all means the whole fleet"),
        (["set", "paused=true", "--all", "--group", "canary"], "leave out the other selectors"),
        (["roll-out", "d-2", "--apply"], "no target"),
        (["roll-out", "d-2"], "no target"),
        (["job", "create", "restart", "--apply"], "no target"),
        (["job", "show", "nothing"], "no job 'nothing'"),
        (["register", "x"], "--location is missing"),
        (["group", "add", "a/b", "cam-1"], "is no group name"),
        (["group", "add", "canary", "nobody"], "no device 'nobody' in the fleet"),
        (["roll-back", "nothing"], "no job 'nothing'"),
        (["allow", "/absent.csv"], "cannot be read as CSV"),
        (["register", "--location", "KX-01"], "--location would have no effect"),
        (["register", "--attribute", "a=b", "--force"], "--attribute, --force would have no"),
        (["list", "--on-aws", "eu-west-2"], "--database would have no effect: with --on-aws"),
    ],
)
def test_an_invalid_command_is_refused_with_a_reason(fleet, run_command, words, says):
    status, output = run_command(*words)
    assert status == 2
    assert says in output


def test_every_change_is_in_the_audit_chain(fleet, run_command):
    run_command("set", "paused=true", "--all", "--apply")
    with reading(fleet) as connection:
        last = audit.verify_chain(connection)
        found = history.read_history(connection, None, last=100)
        assert connection.execute(select(tables.fleet_audit)).all() == []
    assert last is not None
    assert last.number == len(found) == 9
    assert [one.entry for one in found] == list(range(9, 0, -1))
    with writing(fleet) as connection:
        connection.execute(
            update(audit.audit_log).where(audit.audit_log.c.number == 3).values(object="other")
        )
    with reading(fleet) as connection, pytest.raises(audit.AuditError, match="entry 3 has been"):
        audit.verify_chain(connection)


def test_entries_older_than_the_audit_chain_stay_in_the_history(fleet, run_command):
    with writing(fleet) as connection:
        old = {
            "at": START,
            "who": "ann",
            "event": "device.retired",
            "device": "cam-1",
            "detail": "",
        }
        connection.execute(tables.fleet_audit.insert(), old)
    with reading(fleet) as connection:
        found = history.read_history(connection, "cam-1", last=100)
        assert len(history.read_history(connection, "cam-1", last=1)) == 1
    assert [(one.event, one.entry is None) for one in found] == [
        ("device.registered", False), ("device.retired", True),
    ]  # fmt: skip


@pytest.mark.slow
def test_ten_thousand_cameras_can_be_selected_and_changed(url):
    engine = connect(url)
    author = Author("test", START)
    with writing(engine) as connection:
        rows = [
            {
                "name": f"cam-{number}",
                "location": f"L-{number % 500}",
                "kind": "camera",
                "attributes": "{}",
                "created_at": START,
            }
            for number in range(10_000)
        ]
        connection.execute(tables.device_table.insert(), rows)
    with writing(engine) as connection:
        settings = {"paused": True}
        changed = desired_config.set_desired(
            connection, DeviceSelector(location="L-7"), settings, author
        )
        assert len(changed) == 20
        assert len(desired_config.find_drift(connection, DeviceSelector())) == 20
        job = Job("j", {}, tuple(f"cam-{number}" for number in range(500)))
        assert len(job_store.create_job(connection, job, at=START)) == 1_000
        assert len(devices.find_devices(connection, DeviceSelector())) == 10_000
    engine.dispose()
