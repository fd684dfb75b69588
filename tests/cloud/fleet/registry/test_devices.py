"""The attributes of a device are limited in number and size."""

from datetime import UTC, datetime

import pytest

from cloud.database import writing
from cloud.fleet.history import Author
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
