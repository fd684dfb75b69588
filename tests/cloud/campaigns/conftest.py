"""A database in memory with the tables that campaigns read and write."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from cloud.auth.audit import audit_log
from cloud.campaigns import tables
from cloud.database import (
    hour_creatives,
    hour_tallies,
    location_updates,
    minute_demographics,
    minute_sensors,
    minute_tallies,
)
from cloud.database.billing import cpm_contracts
from cloud.database.orders import order_line_versions
from cloud.database.products import screen_restrictions
from tests.cloud.memory_database import in_memory

TABLES = (
    audit_log, cpm_contracts, hour_creatives, hour_tallies, location_updates, minute_demographics,
    minute_sensors, minute_tallies, order_line_versions, tables.creatives, tables.creative_tests,
    tables.line_guarantees, tables.logged_hours, tables.logged_periods, tables.logged_plays,
    tables.make_goods, tables.play_imports, screen_restrictions,
)  # fmt: skip


@pytest.fixture
def connection() -> Iterator[Connection]:
    with in_memory(*TABLES) as connection:
        yield connection
