"""Cameras are registered, listed, put on the allow-list and retired."""

import json

from cloud.database import reading, writing
from cloud.fleet.outbox import delete_published, pending_messages


def test_devices_are_found_by_group_location_and_attribute(fleet, run_command):
    run_command("register", "cam-2", "--location", "KX-01", "--attribute", "lens=wide")
    assert run_command("list")[1].splitlines()[-1] == "4 devices"
    assert run_command("list", "--location", "LB-01")[1].startswith("b  LB-01  unknown, never seen")
    assert (
        "cam-1  KX-01  unknown, never seen [canary]" in run_command("list", "--group", "canary")[1]
    )
    assert run_command("list", "--where", "lens=wide")[1].splitlines()[0].startswith("cam-2")


def test_a_camera_that_the_sites_file_does_not_list_is_marked(fleet, run_command):
    assert (
        "cam-1  KX-01  unknown, never seen [canary]  NOT IN THE SITES FILE"
        in run_command("list")[1]
    )
    run_command("register", "kx-01-cam-1", "--location", "KX-01")
    output = run_command("list")[1]
    assert "4 devices are not in the sites file: their reports do not count" in output
    listed = next(line for line in output.splitlines() if line.startswith("kx-01-cam-1"))
    assert "NOT IN" not in listed


def test_a_location_that_the_sites_file_does_not_list_is_accepted_only_with_force(
    fleet, run_command, tmp_path
):
    file = tmp_path / "cameras.csv"
    file.write_text("serial,claim,device,location\nSN1,b-7,new-1,KX-1\nSN2,b-7,new-2,LB-01\n")
    status, output = run_command("allow", file)
    assert status == 2
    assert "location KX-1 is not in the sites file, which lists KX-01" in output
    assert run_command("audit", "--device", "new-2")[1] == ""
    status, output = run_command("allow", file, "--force")
    assert (status, output.splitlines()[0]) == (0, "2 of 2 cameras written to the allow-list")
    assert "new-1 is not listed at KX-1 in the sites file" in output
    assert run_command("register", "x", "--location", "XX-1", "--force")[0] == 0


def test_the_shadow_of_a_retired_device_is_deleted_as_the_protocol_specifies(fleet, run_command):
    run_command("set", "paused=true", "--device", "cam-1", "--apply")
    run_command("set", "paused=false", "--device", "cam-1", "--apply")
    with writing(fleet) as connection:
        delete_published(connection, [one[0] for one in pending_messages(connection)])
    run_command("retire", "cam-1")
    with reading(fleet) as connection:
        ((_, topic, payload),) = pending_messages(connection)
    assert topic == "$aws/things/cam-1/shadow/name/config/delete/accepted"
    assert json.loads(payload)["version"] == 2
    run_command("register", "cam-1", "--location", "KX-01")
    run_command("set", "paused=true", "--device", "cam-1", "--apply")
    assert json.loads(run_command("show", "cam-1")[1])["config"]["version"] == 3


def test_an_allow_list_is_read_from_a_file(fleet, run_command, tmp_path):
    good = tmp_path / "cameras.csv"
    good.write_text("serial,claim,device,location,groups\nSN1,b-7,new-1,KX-01,canary london\n")
    warning = (
        "new-1 is not listed at KX-01 in the sites file: its reports do not count until it is\n"
    )
    assert run_command("allow", good)[1] == f"1 of 1 cameras written to the allow-list\n{warning}"
    assert run_command("allow", good)[1] == f"0 of 1 cameras written to the allow-list\n{warning}"
    assert (
        run_command("allow", good, "--again")[1]
        == f"1 of 1 cameras written to the allow-list\n{warning}"
    )
    bad = tmp_path / "bad.csv"
    bad.write_text("serial,claim,device,location\nSN2,b-7,,KX-01\n")
    assert f"{bad}, line 2: no device" in run_command("allow", bad)[1]
    bad.write_text("serial,claim,device,location\nSN2,b-7,new-1,KX-01\n")
    assert "new-1 is allowed with serial SN1" in run_command("allow", bad)[1]
    bad.write_text("serial,claim,device,location\nSN2,b-7,../x,KX-01\n")
    assert "allow-list row 'SN2'" in run_command("allow", bad)[1]


def test_a_retired_device_is_deleted_except_its_history(fleet, run_command):
    run_command("set", "paused=true", "--device", "cam-1", "--apply")
    assert "ca revoke --dir AUTHORITY --name cam-1" in run_command("retire", "cam-1")[1]
    assert run_command("list")[1].splitlines()[-1] == "3 devices"
    assert run_command("drift")[1] == "0 devices drift\n"
    assert "device.retired" in run_command("audit", "--device", "cam-1")[1]


def test_the_cameras_of_the_sites_file_are_registered_once(fleet, run_command):
    assert run_command("register")[1] == "16 new devices\n"
    assert run_command("register")[1] == "0 new devices\n"
