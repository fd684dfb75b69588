"""The attributes of a device are limited in number and size."""

from datetime import UTC, datetime

import msgspec
import pytest

from cloud.auth.audit import read_entries
from cloud.database import writing
from cloud.fleet.audit_comparisons import Devices
from cloud.fleet.history import Author, read_history
from cloud.fleet.registry import devices
from cloud.fleet.registry.devices import Device

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def test_attributes_are_limited_in_number_and_size(fleet):
    author = Author("test", START)
    for attributes in ({"a b": "1"}, {"a": "x" * 801}, {f"a{n}": "" for n in range(51)}):
        with (
            writing(fleet) as connection,
            pytest.raises(devices.RegistryError, match="attribute"),
        ):
            devices.register_device(connection, Device("x", "KX-01", attributes=attributes), author)


def test_a_serial_number_moves_to_the_newest_device_that_has_it(fleet):
    author = Author("test", START)
    with writing(fleet) as connection:
        for name in ("old", "new", "new"):
            devices.register_device(connection, Device(name, "KX-01", serial="SN1"), author)
        held = {one: devices.get_device(connection, one).device.serial for one in ("old", "new")}
        events = [one.event for one in read_history(connection, "old", last=9)]
        compared = Devices()
        for entry in read_entries(connection):
            compared.add_entry(entry, msgspec.json.decode(entry.details))
        assert list(compared.findings(connection, START)) == []
    assert held == {"old": None, "new": "SN1"}
    assert events == ["device.serial_moved", "device.registered"]
