"""What an operator types: nothing changes without --apply, everything is written down."""

import argparse
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from cloud.auth import audit
from cloud.database import connect, create, device_status, reading, writing
from cloud.fleet import history, tables
from cloud.fleet.cli import commands
from cloud.fleet.history import Author
from cloud.fleet.jobs import job_store
from cloud.fleet.jobs.execution import ExecutionStatus, StatusUpdate
from cloud.fleet.jobs.job_store import Job
from cloud.fleet.outbox import delete_published, pending_messages
from cloud.fleet.registry import devices
from cloud.fleet.registry.devices import Device, DeviceSelector
from cloud.fleet.shadows import desired_config

WEIGHTS = Path(__file__).parents[4] / "edge_agent" / "weights"
START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def url(tmp_path):
    """The address of a database with our tables; no command of the fleet makes one."""
    found = f"sqlite:///{tmp_path}/fleet.db"
    engine = connect(found)
    create(engine)
    engine.dispose()
    return found


@pytest.fixture
def fleet(url, typed):
    """Three cameras at King's Cross, one of them a canary, and one at London Bridge."""
    for name, place in (("cam-1", "KX-01"), ("cam-2", "KX-01"), ("cam-3", "KX-01"), ("b", "LB-01")):
        assert typed("register", name, "--location", place)[0] == 0
    assert typed("group", "add", "canary", "cam-1")[0] == 0
    engine = connect(url)
    run_elsewhere(engine, "d-2")
    yield engine
    engine.dispose()


def run_elsewhere(engine, detector):
    """Some camera runs this detector, so that it can be rolled out without a package."""
    beat = json.dumps({"versions": {"detector": detector}})
    with writing(engine) as connection:
        values = {"location": "LB-01", "device": "other", "heartbeat": beat}
        connection.execute(device_status.insert().values(**values))


@pytest.fixture
def typed(url, capsys):
    def act(*words):
        parser = argparse.ArgumentParser()
        commands.add_arguments(parser)
        status = commands.run(parser.parse_args([*map(str, words), "--database", url]))
        shown = capsys.readouterr()
        return status, shown.out + shown.err

    return act


def test_things_are_found_by_group_location_and_attribute(fleet, typed):
    typed("register", "cam-2", "--location", "KX-01", "--attribute", "lens=wide")
    assert typed("list")[1].splitlines()[-1] == "4 devices"
    assert typed("list", "--location", "LB-01")[1].startswith("b  LB-01  unknown, never seen")
    assert "cam-1  KX-01  unknown, never seen [canary]" in typed("list", "--group", "canary")[1]
    assert typed("list", "--where", "lens=wide")[1].splitlines()[0].startswith("cam-2")


def test_a_wish_is_shown_first_and_changes_nothing(fleet, typed):
    status, said = typed("set", "paused=true", "report_interval_ms=20000", "--location", "KX-01")
    assert status == 0
    assert said.splitlines()[:2] == [
        'cam-1  paused: "-" → true',
        'cam-1  report_interval_ms: "-" → 20000',
    ]
    assert said.splitlines()[-1] == "3 devices would change; --apply does it"
    assert typed("drift")[1] == "0 devices drift\n"


def test_a_wish_that_is_applied_is_told_to_the_cameras_and_drifts_until_they_follow(fleet, typed):
    assert "1 devices changed" in typed("set", "paused=true", "--group", "canary", "--apply")[1]
    with reading(fleet) as connection:
        topics = [topic for _, topic, _ in pending_messages(connection)]
    path = "$aws/things/cam-1/shadow/name/config/update"
    assert topics == [f"{path}/delta", f"{path}/documents"]
    assert 'cam-1 at KX-01  {"paused":true}  since' in typed("drift")[1]
    assert " DRIFTS" in typed("list", "--device", "cam-1")[1]
    assert typed("set", "paused=true", "--group", "canary", "--apply")[1] == "0 devices changed\n"
    assert "config.desired  cam-1 paused: - → True" in typed("audit", "--device", "cam-1")[1]
    shown = json.loads(typed("show", "cam-1")[1])
    assert shown["config"]["desired"] == {"paused": True}


def test_null_takes_a_setting_back(fleet, typed):
    typed("set", "detector=onlooker-face", "--device", "cam-1", "--apply")
    said = typed("set", "detector=null", "--device", "cam-1", "--apply")[1]
    assert said.splitlines()[0] == 'cam-1  detector: "onlooker-face" → "-"'


def test_a_model_may_be_named_once_a_camera_runs_it_or_a_job_sent_it(fleet, typed):
    assert typed("set", "detector=d-1", "--all")[0] == 2
    with writing(fleet) as connection:
        beat = json.dumps({"versions": {"detector": "d-1:4", "attention": "a-1:2"}})
        values = {"location": "KX-01", "device": "cam-2", "heartbeat": beat}
        connection.execute(device_status.insert().values(**values))
    assert typed("set", "detector=d-1", "--all")[0] == 0
    assert typed("set", "attention=a-1", "--all")[0] == 0
    assert typed("set", "attention=d-1", "--all")[0] == 2
    typed("roll-out", "d-2", "--device", "cam-2", "--apply")
    assert typed("set", "detector=d-2", "--all")[0] == 0


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
def test_what_cannot_be_done_is_refused_with_a_sentence(fleet, typed, words, says):
    status, said = typed(*words)
    assert status == 2
    assert says in said


def test_a_model_reaches_the_canaries_fails_there_and_goes_back(fleet, typed):
    with writing(fleet) as connection:
        beat = json.dumps({"versions": {"detector": "d-1"}})
        values = {"location": "KX-01", "device": "cam-1", "heartbeat": beat}
        connection.execute(device_status.insert().values(**values))
    assert "1 devices would get d-2" in typed("roll-out", "d-2", "--group", "canary")[1]
    assert (
        typed("roll-out", "d-2", "--group", "canary", "--apply")[1] == "d-2-1: d-2 for 1 devices\n"
    )
    with writing(fleet) as connection:
        document = job_store.read_document(connection, "d-2-1")
        assert document == {"operation": "model", "version": "d-2", "replaces": "d-1"}
        job_store.update_execution(
            connection, "cam-1", "d-2-1", StatusUpdate(ExecutionStatus.FAILED), at=START
        )
    assert "d-2-1  CANCELED (too many devices went wrong)  1 FAILED" in typed("job", "list")[1]


def test_rolling_back_concerns_those_who_took_it(fleet, typed):
    typed("roll-out", "d-2", "--location", "KX-01", "--apply")
    with writing(fleet) as connection:
        for device, status in (
            ("cam-1", ExecutionStatus.SUCCEEDED),
            ("cam-2", ExecutionStatus.IN_PROGRESS),
        ):
            job_store.update_execution(connection, device, "d-2-1", StatusUpdate(status), at=START)
    assert "what d-2-1 replaced is not known: say --to" in typed("roll-back", "d-2-1")[1]
    assert typed("roll-back", "d-2-1", "--to", "d-1")[1].splitlines() == [
        "d-2-1-back-1: d-1 for 2 devices",
        "1 had taken it, 1 were at work or did not finish, 1 had not begun, "
        "0 had failed and kept the old one",
    ]
    with reading(fleet) as connection:
        assert job_store.count_by_status(connection, "d-2-1") == {"SUCCEEDED": 1, "CANCELED": 2}
        assert [one.job for one in job_store.read_pending(connection, "cam-2")] == ["d-2-1-back-1"]


def test_rolling_back_what_was_stopped_or_ran_out_reaches_those_who_may_hold_it(fleet, typed):
    typed("roll-out", "d-2", "--all", "--replaces", "d-1", "--minutes-each", "1",
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
    said = typed("roll-back", "d-2-1")[1]
    assert said.startswith("d-2-1-back-1: d-1 for 2 devices\n0 had taken it, 2 were at work")


def test_rolling_back_what_nobody_took_opens_no_job_and_says_so(fleet, typed):
    typed("roll-out", "d-2", "--device", "cam-1", "--replaces", "d-1", "--apply")
    with writing(fleet) as connection:
        job_store.update_execution(
            connection, "cam-1", "d-2-1", StatusUpdate(ExecutionStatus.FAILED), at=START
        )
    said = typed("roll-back", "d-2-1")[1]
    assert said.startswith("no new job: nobody had taken it\n")
    assert "1 had failed and kept the old one" in said
    assert typed("job", "list")[1].count("\n") == 1


def test_why_a_job_failed_is_shown_thing_by_thing(fleet, typed):
    typed("roll-out", "d-2", "--location", "KX-01", "--abort-after", "9", "--apply")
    with writing(fleet) as connection:
        job_store.update_execution(
            connection, "cam-1", "d-2-1", StatusUpdate(ExecutionStatus.IN_PROGRESS), at=START
        )
        told = {"reason": "its digest is another", "tries": "3"}
        word = StatusUpdate(ExecutionStatus.FAILED, told)
        job_store.update_execution(
            connection, "cam-1", "d-2-1", word, at=START + timedelta(seconds=9)
        )
    status, said = typed("job", "show", "d-2-1")
    assert status == 0
    assert "cam-1  FAILED" in said
    assert "began 2026-11-20 09:00:00Z, last word 2026-11-20 09:00:09Z" in said
    assert "its digest is another  tries=3" in said
    queued = typed("job", "show", "d-2-1", "--status", "QUEUED")[1].splitlines()[1:]
    assert [line.split()[0] for line in queued] == ["cam-2", "cam-3"]


def test_a_camera_that_the_sites_file_does_not_list_is_told(fleet, typed):
    assert "cam-1  KX-01  unknown, never seen [canary]  NOT IN THE SITES FILE" in typed("list")[1]
    typed("register", "kx-01-cam-1", "--location", "KX-01")
    said = typed("list")[1]
    assert "4 devices are not in the sites file: their reports do not count" in said
    listed = next(line for line in said.splitlines() if line.startswith("kx-01-cam-1"))
    assert "NOT IN" not in listed


def test_a_location_that_the_sites_file_does_not_list_is_taken_by_force_alone(
    fleet, typed, tmp_path
):
    file = tmp_path / "roster.csv"
    file.write_text("serial,claim,device,location\nSN1,b-7,new-1,KX-1\nSN2,b-7,new-2,LB-01\n")
    status, said = typed("allow", file)
    assert status == 2
    assert "location KX-1 is not in the sites file, which lists KX-01" in said
    assert typed("audit", "--device", "new-2")[1] == ""
    status, said = typed("allow", file, "--force")
    assert (status, said.splitlines()[0]) == (0, "2 of 2 cameras written to the allow-list")
    assert "new-1 is not listed at KX-1 in the sites file" in said
    assert typed("register", "x", "--location", "XX-1", "--force")[0] == 0


def test_every_change_is_in_the_one_chain(fleet, typed):
    typed("set", "paused=true", "--all", "--apply")
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


def test_lines_from_before_the_chain_stay_in_the_history(fleet, typed):
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


def test_a_retired_thing_s_shadow_is_deleted_as_the_protocol_does(fleet, typed):
    typed("set", "paused=true", "--device", "cam-1", "--apply")
    typed("set", "paused=false", "--device", "cam-1", "--apply")
    with writing(fleet) as connection:
        delete_published(connection, 10_000)
    typed("retire", "cam-1")
    with reading(fleet) as connection:
        ((_, topic, payload),) = pending_messages(connection)
    assert topic == "$aws/things/cam-1/shadow/name/config/delete/accepted"
    assert json.loads(payload)["version"] == 2
    typed("register", "cam-1", "--location", "KX-01")
    typed("set", "paused=true", "--device", "cam-1", "--apply")
    assert json.loads(typed("show", "cam-1")[1])["config"]["version"] == 3


def test_a_roster_is_read_from_a_file(fleet, typed, tmp_path):
    good = tmp_path / "roster.csv"
    good.write_text("serial,claim,device,location,groups\nSN1,b-7,new-1,KX-01,canary london\n")
    told = "new-1 is not listed at KX-01 in the sites file: its reports do not count until it is\n"
    assert typed("allow", good)[1] == f"1 of 1 cameras written to the allow-list\n{told}"
    assert typed("allow", good)[1] == f"0 of 1 cameras written to the allow-list\n{told}"
    assert typed("allow", good, "--again")[1] == f"1 of 1 cameras written to the allow-list\n{told}"
    bad = tmp_path / "bad.csv"
    bad.write_text("serial,claim,device,location\nSN2,b-7,,KX-01\n")
    assert f"{bad}, line 2: no device" in typed("allow", bad)[1]
    bad.write_text("serial,claim,device,location\nSN2,b-7,new-1,KX-01\n")
    assert "new-1 is allowed with serial SN1" in typed("allow", bad)[1]
    bad.write_text("serial,claim,device,location\nSN2,b-7,../x,KX-01\n")
    assert "allow-list row 'SN2'" in typed("allow", bad)[1]


def test_a_retired_thing_is_gone_with_all_it_had_but_its_history(fleet, typed):
    typed("set", "paused=true", "--device", "cam-1", "--apply")
    assert "ca revoke --dir AUTHORITY --name cam-1" in typed("retire", "cam-1")[1]
    assert typed("list")[1].splitlines()[-1] == "3 devices"
    assert typed("drift")[1] == "0 devices drift\n"
    assert "device.retired" in typed("audit", "--device", "cam-1")[1]


def test_the_estate_brings_its_cameras_once(fleet, typed):
    assert typed("register")[1] == "16 new devices\n"
    assert typed("register")[1] == "0 new devices\n"


@pytest.mark.slow
def test_ten_thousand_cameras_are_no_matter(url):
    engine = connect(url)
    create(engine)
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
        wish = {"paused": True}
        changed = desired_config.set_desired(
            connection, DeviceSelector(location="L-7"), wish, author
        )
        assert len(changed) == 20
        assert len(desired_config.find_drift(connection, DeviceSelector())) == 20
        job = Job("j", {}, tuple(f"cam-{number}" for number in range(500)))
        assert len(job_store.create_job(connection, job, at=START)) == 1_000
        assert len(devices.find_devices(connection, DeviceSelector())) == 10_000
    engine.dispose()


def test_attributes_are_few_and_short(fleet):
    author = Author("test", START)
    for attributes in ({"a b": "1"}, {"a": "x" * 801}, {f"a{n}": "" for n in range(51)}):
        with (
            writing(fleet) as connection,
            pytest.raises(devices.RegistryError, match="attribute"),
        ):
            devices.register_device(connection, Device("x", "KX-01", attributes=attributes), author)


def test_a_model_may_bring_its_package(fleet, typed, tmp_path):
    file = tmp_path / "package.json"
    brought = {"card": card_of("d-2"), "signature": "AA==", "url": "https://models.example/d-2"}
    file.write_text(json.dumps({"package": brought, "trial": {"faces": 5}}))
    status, said = typed("roll-out", "d-2", "--group", "canary", "--package", str(file), "--apply")
    assert (status, said) == (0, "d-2-1: d-2 for 1 devices\n")
    with writing(fleet) as connection:
        document = job_store.read_document(connection, "d-2-1")
    assert (document["package"], document["trial"]) == (brought, {"faces": 5})
    file.write_text(json.dumps({"trial": {"faces": "many"}}))
    status, said = typed("roll-out", "d-2", "--group", "canary", "--package", str(file), "--apply")
    assert (status, "no camera would understand this job" in said) == (2, True)


def card_of(name):
    card = json.loads((WEIGHTS / "onlooker-face.json").read_text())
    return json.dumps({**card, "name": name, "version": "2"})


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        ("{}", "the package's card is not a model card: Object missing required field `name`"),
        ("", "the package's card is not a model card"),
        (card_of("d-3"), "the package's card describes d-3:2, expected d-2"),
    ],
)
def test_a_package_with_another_card_creates_no_job(fleet, typed, tmp_path, card, reason):
    file = tmp_path / "package.json"
    package = {"card": card, "signature": "AA==", "url": "https://models.example/d-2"}
    file.write_text(json.dumps({"package": package}))
    status, said = typed("roll-out", "d-2", "--group", "canary", "--package", str(file), "--apply")
    assert (status, reason in said) == (2, True), said
    assert typed("job", "list")[1] == ""


@pytest.mark.parametrize("words", [[], ["--apply"]])
@pytest.mark.parametrize("model", ["d-9", "onlooker-face:2"])
def test_a_model_that_no_device_runs_needs_a_package(fleet, typed, model, words):
    status, said = typed("roll-out", model, "--group", "canary", *words)
    assert (status, f"{model} has no package and no device runs it" in said) == (2, True), said
    assert typed("job", "list")[1] == ""


def test_other_jobs_are_ordered_by_their_name(fleet, typed):
    assert typed("job", "create", "renew", "--device", "cam-1")[1].startswith(
        "1 devices would renew"
    )
    said = typed("job", "create", "renew", "--device", "cam-1", "--apply")[1]
    assert said == "renew-1: renew for 1 devices\n"
    url = "url=https://files.example/bundle"
    assert typed("job", "create", "diagnose", url, "--device", "cam-1", "--apply")[0] == 0
    status, said = typed("job", "create", "explode", "--device", "cam-1", "--apply")
    assert (status, "Invalid value 'explode'" in said) == (2, True)
