"""Baselines are medians of earlier weeks, read once an hour."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine

from cloud.alerting.baselines import Baselines
from cloud.alerting.measures import read_measures
from cloud.alerting.rules import AlertKind, Measure
from cloud.database import (
    hour_tallies,
    location_updates,
    minute_tallies,
    writing,
)

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


NOW = NOON + timedelta(minutes=30)


MINUTE = timedelta(minutes=1)


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with writing(engine) as connection:
        yield connection


def minutes(connection: Connection, location: str, device: str, *, crowd: float = 0.0,
            dark_ms: int = 0, count: int = 9) -> None:  # fmt: skip
    """The last minutes before NOW."""
    rows = [
        {"location": location, "device": device, "observed_ms": 60_000 - dark_ms,
         "minute_at": int((NOW - number * MINUTE).timestamp()), "blind_dark_ms": dark_ms,
         "person_ms": int(crowd * 60_000)}
        for number in range(1, count + 1)
    ]  # fmt: skip
    connection.execute(minute_tallies.insert(), rows)


def hours(connection: Connection, location: str, device: str, crowds: list[float]) -> None:
    """The hour of NOON in the weeks before, the latest first."""
    rows = [
        {"location": location, "device": device, "observed_ms": 3_600_000,
         "hour_at": int((NOON - timedelta(weeks=week)).timestamp()),
         "person_ms": int(crowd * 3_600_000), "visits": 100, "onlookers": 20}
        for week, crowd in enumerate(crowds, 1)
    ]  # fmt: skip
    connection.execute(hour_tallies.insert(), rows)


def place(connection: Connection, *locations: str) -> None:
    rows = [{"location": one, "changed_at": NOON, "minute_at": 0} for one in locations]
    connection.execute(location_updates.insert(), rows)


def of_kind(measures: list[Measure], kind: AlertKind) -> list[float]:
    return [one.value for one in measures if one.kind is kind]


def test_one_extreme_week_does_not_move_what_is_usual(connection: Connection) -> None:
    place(connection, "A")
    minutes(connection, "A", "cam", crowd=8)
    hours(connection, "A", "cam", [2.0, 2.1, 5_000.0, 1.9, 2.0, 2.2, 0.0, 2.0])
    found = list(read_measures(connection, [("A", "cam")], NOW))
    assert of_kind(found, AlertKind.SURGE) == [pytest.approx(4.0)]


def test_baselines_are_read_once_an_hour(connection: Connection) -> None:
    place(connection, "A")
    minutes(connection, "A", "cam", crowd=2)
    hours(connection, "A", "cam", [2.0, 2.0])
    known = Baselines()
    before = list(read_measures(connection, [("A", "cam")], NOW, baselines=known))
    connection.execute(hour_tallies.delete())
    after = list(read_measures(connection, [("A", "cam")], NOW + MINUTE / 2, baselines=known))
    assert (
        of_kind(before, AlertKind.SURGE) == of_kind(after, AlertKind.SURGE) == [pytest.approx(1.0)]
    )
