"""Steps of orders over a database with accounts."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.cloud.booking.orders.order_steps import Steps
from tests.cloud.databases import new_engine


@pytest.fixture
def steps(tmp_path: Path) -> Steps:
    """On SQLite."""
    return Steps(new_engine(tmp_path)).open_accounts()


@pytest.fixture
def steps_of_each(engine: Engine) -> Steps:
    """On SQLite and on PostgreSQL."""
    return Steps(engine).open_accounts()
