"""Devices are counted, and one that has never connected is not offline."""

from cloud.fleet.registry.devices import Device, DeviceStatus
from cloud.fleet.registry.fleet_summary import summarize


def status(name: str, presence: str | None, heartbeat: dict | None = None) -> DeviceStatus:
    return DeviceStatus(Device(name, "KX-01"), ("canary",), presence, None, None, heartbeat, True)


def test_devices_are_counted_by_presence_and_version():
    alarming = {"versions": {"agent": "1.4.0"}, "figures": {"alarms": ["blind.dark"]}}
    found = summarize(
        [status("a", "online", alarming), status("b", None), status("c", "offline", {})]
    )
    assert found.fleet.presence == {"online": 1, "never": 1, "offline": 1}
    assert (found.fleet.devices, found.fleet.drifting, found.fleet.alarming) == (3, 3, 1)
    assert found.locations["KX-01"].devices == 3
    assert found.groups == {"canary": 3}
    assert found.agents == {"1.4.0": 1}
