"""The API's own fixtures, and a fleet of three."""

from datetime import timedelta

import pytest

from cloud import database
from cloud.app.context import Desk
from cloud.fleet import registry
from cloud.fleet.changes import Author
from cloud.fleet.registry import Thing


@pytest.fixture
def fleet(desk: Desk, watch) -> Desk:
    author = Author("factory", watch.now - timedelta(days=1))
    with database.writing(desk.engine) as connection:
        for name, location in (("cam-01", "KX-01"), ("cam-02", "KX-01"), ("cam-03", "OX-02")):
            thing = Thing(name, location, attributes={"lens": "wide" if "1" in name else "tele"})
            registry.register(connection, thing, author)
        registry.group(connection, "canary", ["cam-01"], author)
    return desk
