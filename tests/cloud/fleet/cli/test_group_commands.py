"""Devices are added to groups and removed from them, and every change is recorded."""

import pytest

from cloud.database import reading
from cloud.fleet.history import read_history
from cloud.fleet.registry.devices import DeviceSelector, find_names


def members(engine, group: str) -> list[str]:
    with reading(engine) as connection:
        return find_names(connection, DeviceSelector(group=group))


def test_devices_are_added_and_removed_together(fleet, run_command) -> None:
    assert run_command("group", "add", "london", "cam-2", "b") == (0, "2 in london\n")
    assert members(fleet, "london") == ["b", "cam-2"]
    assert run_command("group", "remove", "london", "cam-2", "b") == (0, "2 out of london\n")
    assert members(fleet, "london") == []
    with reading(fleet) as connection:
        events = [(one.event, one.detail) for one in read_history(connection, None, last=2)]
    assert events == [("group.left", "london: cam-2, b"), ("group.joined", "london: cam-2, b")]


def test_a_member_may_be_added_again(fleet, run_command) -> None:
    assert run_command("group", "add", "canary", "cam-1", "cam-2")[0] == 0
    assert members(fleet, "canary") == ["cam-1", "cam-2"]


def test_removing_a_device_that_is_no_member_changes_nothing(fleet, run_command) -> None:
    assert run_command("group", "remove", "canary", "cam-2")[0] == 0
    assert members(fleet, "canary") == ["cam-1"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["canary", "cam-2", "none"], "no device 'none' in the fleet"),
        (["a/b", "cam-2"], "'a/b' is no group name"),
        (["g" * 64, "cam-2"], "is no group name: use 1 to 63 letters"),
    ],
)
def test_an_unknown_device_and_an_invalid_group_add_nobody(fleet, run_command, words, sentence):
    status, output = run_command("group", "add", *words)
    assert status == 2
    assert sentence in output
    assert members(fleet, "canary") == ["cam-1"]
