"""The plays of a line between two instants, as its delivery has them."""

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from sqlalchemy import Connection

from cloud.billing import delivered_plays
from cloud.billing.cpm_contracts import DeliveredPlays
from cloud.billing.delivered_plays import plays_reader
from cloud.campaigns.plays.play import LoggedPlay, PlaySource
from cloud.campaigns.plays.play_store import store_plays
from tests.cloud.campaigns.campaign_data import (
    SEVEN,
    SITES,
    flat_forecast,
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


def test_a_later_forecast_changes_no_hours_before_the_interval(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_lines(connection, line(2))
    started = [SEVEN + number * timedelta(minutes=2) for number in range(60)]
    plays = [LoggedPlay(location="KX-01", creative="a", started_at=one) for one in started]
    store_plays(connection, plays, PlaySource.XIBO, "0" * 32)
    middle, end = SEVEN + timedelta(hours=1), SEVEN + timedelta(hours=2)
    crowds = {middle: 4.0, end: 6.0}
    monkeypatch.setattr(
        delivered_plays, "forecast_from_database",
        lambda _, at: partial(flat_forecast, crowd=crowds[at]),
    )  # fmt: skip
    found = plays_reader(SITES)(connection, ["SO-1-1"], middle, end)
    assert found == {"SO-1-1": DeliveredPlays(30, Decimal(30 * 6))}
