"""The whole estate is looked at, against what is usual for each camera."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine

from cloud.alerting.lifecycle import apply_measures
from cloud.alerting.measures import read_measures
from cloud.alerting.rules import THRESHOLDS, AlertKind, Measure
from cloud.database import (
    device_status,
    hour_tallies,
    location_updates,
    minute_tallies,
    quarantined_devices,
    report_streams,
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


def insert_stream(connection: Connection, location: str, device: str, at: datetime) -> None:
    row = {"device": device, "location": location, "stream_id": "j", "through": 1,
           "received_ranges": "[]", "acknowledged_at": at}  # fmt: skip
    connection.execute(report_streams.insert(), row)


def of_kind(measures: list[Measure], kind: AlertKind) -> list[float]:
    return [one.value for one in measures if one.kind is kind]


def test_the_whole_estate_is_looked_at(connection: Connection) -> None:
    place(connection, "A", "B", "C", "F")
    minutes(connection, "A", "A-cam", crowd=9)
    minutes(connection, "B", "B-cam", crowd=2)
    minutes(connection, "C", "C-cam", dark_ms=60_000)
    for location in "AB":
        hours(connection, location, f"{location}-cam", [2.0, 2.0, 2.0])
    insert_stream(connection, "D", "D-cam", NOON - timedelta(hours=1))
    hours(connection, "F", "F-cam", [1.0])  # nothing for a week
    connection.execute(
        quarantined_devices.insert(),
        {"location": "X", "device": "flood", "since_at": NOON, "last_at": NOON, "messages": 9,
         "reason": "too many bad messages"},
    )  # fmt: skip
    cameras = [(location, f"{location}-cam") for location in "ABCDEF"]
    events = []
    for minute in range(4):  # what has to hold for two minutes does
        now = NOW + minute * MINUTE / 4 * 3
        events += apply_measures(connection, read_measures(connection, cameras, now), now)
    assert sorted((event.location, event.kind) for event in events) == [
        ("A", AlertKind.SURGE),
        ("C", AlertKind.UNOBSERVED),
        ("D", AlertKind.OFFLINE),
        ("F", AlertKind.NO_DATA),
        ("X", AlertKind.QUARANTINED),
    ]


def test_a_moment_observed_raises_no_surge(connection: Connection) -> None:
    place(connection, "A")
    minutes(connection, "A", "cam", crowd=2, dark_ms=59_900, count=1)
    hours(connection, "A", "cam", [0.5, 0.5, 0.5])
    assert of_kind(list(read_measures(connection, [("A", "cam")], NOW)), AlertKind.SURGE) == []


def test_messages_of_a_camera_count_under_any_location(connection: Connection) -> None:
    insert_stream(connection, "OLD", "cam", NOW - MINUTE)
    connection.execute(
        device_status.insert(),
        {"location": "OLD", "device": "cam", "heartbeat_at": NOW + timedelta(minutes=9),
         "heartbeat_received_at": NOW},
    )  # fmt: skip
    found = list(read_measures(connection, [("NEW", "cam")], NOW))
    assert of_kind(found, AlertKind.OFFLINE) == [pytest.approx(0.0)]
    assert of_kind(found, AlertKind.CLOCK) == [pytest.approx(540.0)]


def test_a_quarantine_that_has_ended_clears_its_alert(connection: Connection) -> None:
    row = {"location": "A", "device": "cam", "since_at": NOON, "last_at": NOON, "messages": 9,
           "reason": "so"}  # fmt: skip
    connection.execute(quarantined_devices.insert(), row)
    assert of_kind(list(read_measures(connection, [], NOW)), AlertKind.QUARANTINED) == [1.0]
    connection.execute(quarantined_devices.update().values(ended_at=NOW))
    (value,) = of_kind(list(read_measures(connection, [], NOW)), AlertKind.QUARANTINED)
    assert value < THRESHOLDS[AlertKind.QUARANTINED].clear_at


@pytest.mark.parametrize("cause", ["blind_offline_ms", "blind_paused_ms"])
def test_reports_without_observed_time_are_no_data(connection: Connection, cause: str) -> None:
    place(connection, "A")
    day_ago = {"location": "A", "device": "cam", "hour_at": int(NOON.timestamp()) - 24 * 3_600}
    silent = [
        {"location": "A", "device": "cam", "hour_at": int(NOON.timestamp()) - hour * 3_600,
         cause: 3_600_000, "observed_ms": 0}
        for hour in range(23)
    ]  # fmt: skip
    connection.execute(hour_tallies.insert(), {**day_ago, "observed_ms": 1})
    connection.execute(hour_tallies.insert(), silent)
    connection.execute(
        minute_tallies.insert(),
        {"location": "A", "device": "cam", "minute_at": int((NOW - MINUTE).timestamp()),
         cause: 60_000, "observed_ms": 0},
    )  # fmt: skip
    found = list(read_measures(connection, [("A", "cam")], NOW))
    assert of_kind(found, AlertKind.NO_DATA) == [pytest.approx(23.5)]
    connection.execute(minute_tallies.update().values(observed_ms=100))
    found = list(read_measures(connection, [("A", "cam")], NOW))
    assert of_kind(found, AlertKind.NO_DATA) == [0.0]
