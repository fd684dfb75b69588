"""Baselines are medians of earlier weeks, read once an hour."""

import pytest
from sqlalchemy import Connection

from cloud.alerting.baselines import Baselines
from cloud.alerting.measures import read_measures
from cloud.alerting.rules import AlertKind
from cloud.database import (
    hour_tallies,
)
from tests.cloud.alerting.conftest import MINUTE
from tests.cloud.alerting.tally_rows import (
    NOW,
    insert_hours,
    insert_locations,
    insert_minutes,
    values_of,
)


def test_one_extreme_week_does_not_move_what_is_usual(connection: Connection) -> None:
    insert_locations(connection, "A")
    insert_minutes(connection, "A", "cam", crowd=8)
    insert_hours(connection, "A", "cam", [2.0, 2.1, 5_000.0, 1.9, 2.0, 2.2, 0.0, 2.0])
    found = list(read_measures(connection, [("A", "cam")], NOW))
    assert values_of(found, AlertKind.SURGE) == [pytest.approx(4.0)]


def test_baselines_are_read_once_an_hour(connection: Connection) -> None:
    insert_locations(connection, "A")
    insert_minutes(connection, "A", "cam", crowd=2)
    insert_hours(connection, "A", "cam", [2.0, 2.0])
    known = Baselines()
    before = list(read_measures(connection, [("A", "cam")], NOW, baselines=known))
    connection.execute(hour_tallies.delete())
    after = list(read_measures(connection, [("A", "cam")], NOW + MINUTE / 2, baselines=known))
    assert (
        values_of(before, AlertKind.SURGE)
        == values_of(after, AlertKind.SURGE)
        == [pytest.approx(1.0)]
    )
