"""The API's own fixtures, and a fleet of three."""

from datetime import timedelta

import pytest

from cloud import database
from cloud.app.context import AppContext
from cloud.fleet.history import Author
from cloud.fleet.registry import devices
from cloud.fleet.registry.devices import Device


@pytest.fixture
def fleet(context: AppContext, clock) -> AppContext:
    author = Author("factory", clock.now - timedelta(days=1))
    with database.writing(context.engine) as connection:
        for name, location in (("cam-01", "KX-01"), ("cam-02", "KX-01"), ("cam-03", "OX-02")):
            device = Device(name, location, attributes={"lens": "wide" if "1" in name else "tele"})
            devices.register_device(connection, device, author)
        devices.add_to_group(connection, "canary", ["cam-01"], author)
    return context
