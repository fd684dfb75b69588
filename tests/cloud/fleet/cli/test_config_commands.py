"""`fleet set` changes nothing without --apply; `fleet drift` lists who has not applied it."""

import json

from cloud.database import device_status, reading, writing
from cloud.fleet.outbox import pending_messages


def test_a_config_change_is_previewed_and_changes_nothing(fleet, run_command):
    status, output = run_command(
        "set", "paused=true", "report_interval_ms=20000", "--location", "KX-01"
    )
    assert status == 0
    assert output.splitlines()[:2] == [
        'cam-1  paused: "-" → true',
        'cam-1  report_interval_ms: "-" → 20000',
    ]
    assert output.splitlines()[-1] == "3 devices would change; --apply does it"
    assert run_command("drift")[1] == "0 devices drift\n"


def test_an_applied_config_change_is_published_and_drifts_until_the_cameras_apply_it(
    fleet, run_command
):
    change = ("set", "paused=true", "--group", "canary", "--apply")
    assert "1 devices changed" in run_command(*change)[1]
    with reading(fleet) as connection:
        topics = [topic for _, topic, _ in pending_messages(connection)]
    path = "$aws/things/cam-1/shadow/name/config/update"
    assert topics == [f"{path}/delta", f"{path}/documents"]
    assert 'cam-1 at KX-01  {"paused":true}  since' in run_command("drift")[1]
    assert " DRIFTS" in run_command("list", "--device", "cam-1")[1]
    assert run_command(*change)[1] == "0 devices changed\n"
    assert "config.desired  cam-1 paused: - → True" in run_command("audit", "--device", "cam-1")[1]
    shown = json.loads(run_command("show", "cam-1")[1])
    assert shown["config"]["desired"] == {"paused": True}


def test_null_removes_a_setting(fleet, run_command):
    run_command("set", "detector=onlooker-face", "--device", "cam-1", "--apply")
    output = run_command("set", "detector=null", "--device", "cam-1", "--apply")[1]
    assert output.splitlines()[0] == 'cam-1  detector: "onlooker-face" → "-"'


def test_a_model_can_be_set_once_a_camera_runs_it_or_a_job_sends_it(fleet, run_command):
    assert run_command("set", "detector=d-1", "--all")[0] == 2
    with writing(fleet) as connection:
        heartbeat = json.dumps({"versions": {"detector": "d-1:4", "attention": "a-1:2"}})
        values = {"location": "KX-01", "device": "cam-2", "heartbeat": heartbeat}
        connection.execute(device_status.insert().values(**values))
    assert run_command("set", "detector=d-1", "--all")[0] == 0
    assert run_command("set", "attention=a-1", "--all")[0] == 0
    assert run_command("set", "attention=d-1", "--all")[0] == 2
    run_command("roll-out", "d-2", "--device", "cam-2", "--apply")
    assert run_command("set", "detector=d-2", "--all")[0] == 0
