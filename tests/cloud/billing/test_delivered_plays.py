"""The plays of a line between two instants, as its delivery has them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Connection

from cloud.billing.cpm_contracts import DeliveredPlays
from cloud.billing.delivered_plays import plays_reader
from tests.cloud.campaigns.campaign_data import (
    SEVEN,
    SITES,
    line,
    report,
    store_lines,
    store_reports,
)
from tests.cloud.campaigns.conftest import TABLES
from tests.cloud.memory_database import in_memory


@pytest.fixture
def connection():
    with in_memory(*TABLES) as connection:
        yield connection


def test_plays_and_impressions_belong_to_the_hours_of_the_interval(connection: Connection) -> None:
    store_lines(connection, line(2))
    store_reports(connection, report(a=30))
    read_plays = plays_reader(SITES)
    hour = timedelta(hours=1)
    found = read_plays(connection, ["SO-1-1", "SO-9"], SEVEN, SEVEN + hour)
    assert found == {"SO-1-1": DeliveredPlays(30, Decimal(75))}
    assert read_plays(connection, ["SO-1-1"], SEVEN - hour, SEVEN) == {
        "SO-1-1": DeliveredPlays(0, Decimal(0))
    }
