"""An outbox with pending reports, and an empty database of an outbox."""

import pytest

from edge_agent.outbox import Outbox
from edge_agent.outbox.database import open_database
from edge_agent.outbox.rows import Rows
from tests.edge_agent.outbox.reports import quiet_minute


@pytest.fixture
def five(tmp_path):
    """The path of a closed outbox with five pending reports."""
    outbox = Outbox(tmp_path / "data" / "outbox.sqlite3")
    for _ in range(5):
        outbox.put(quiet_minute)
    outbox.close()
    return outbox.path


@pytest.fixture
def rows(tmp_path):
    """The rows of an empty outbox."""
    path = tmp_path / "outbox.sqlite3"
    opened = Rows(path, open_database(path))
    yield opened
    opened.close()
