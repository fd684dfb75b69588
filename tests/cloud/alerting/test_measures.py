"""Every site is measured, relative to the baseline of each camera."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from cloud.alerting.lifecycle import apply_measures
from cloud.alerting.measures import read_measures
from cloud.alerting.rules import THRESHOLDS, AlertKind
from cloud.database import (
    device_status,
    hour_tallies,
    minute_tallies,
    quarantined_devices,
    report_streams,
)
from tests.cloud.alerting.conftest import MINUTE, NOON
from tests.cloud.alerting.tally_rows import (
    NOW,
    insert_hours,
    insert_locations,
    insert_minutes,
    values_of,
)


def insert_stream(connection: Connection, location: str, device: str, at: datetime) -> None:
    row = {"device": device, "location": location, "stream_id": "j", "through": 1,
           "received_ranges": "[]", "acknowledged_at": at}  # fmt: skip
    connection.execute(report_streams.insert(), row)


def test_every_listed_camera_is_measured(connection: Connection) -> None:
    insert_locations(connection, "A", "B", "C", "F")
    insert_minutes(connection, "A", "A-cam", crowd=9)
    insert_minutes(connection, "B", "B-cam", crowd=2)
    insert_minutes(connection, "C", "C-cam", dark_ms=60_000)
    for location in "AB":
        insert_hours(connection, location, f"{location}-cam", [2.0, 2.0, 2.0])
    insert_stream(connection, "D", "D-cam", NOON - timedelta(hours=1))
    insert_hours(connection, "F", "F-cam", [1.0])  # nothing for a week
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
    insert_locations(connection, "A")
    insert_minutes(connection, "A", "cam", crowd=2, dark_ms=59_900, count=1)
    insert_hours(connection, "A", "cam", [0.5, 0.5, 0.5])
    assert values_of(list(read_measures(connection, [("A", "cam")], NOW)), AlertKind.SURGE) == []


def test_messages_of_a_camera_count_under_any_location(connection: Connection) -> None:
    insert_stream(connection, "OLD", "cam", NOW - MINUTE)
    connection.execute(
        device_status.insert(),
        {"location": "OLD", "device": "cam", "heartbeat_at": NOW + timedelta(minutes=9),
         "heartbeat_received_at": NOW},
    )  # fmt: skip
    found = list(read_measures(connection, [("NEW", "cam")], NOW))
    assert values_of(found, AlertKind.OFFLINE) == [pytest.approx(0.0)]
    assert values_of(found, AlertKind.CLOCK) == [pytest.approx(540.0)]


def test_a_quarantine_that_has_ended_clears_its_alert(connection: Connection) -> None:
    row = {"location": "A", "device": "cam", "since_at": NOON, "last_at": NOON, "messages": 9,
           "reason": "so"}  # fmt: skip
    connection.execute(quarantined_devices.insert(), row)
    assert values_of(list(read_measures(connection, [], NOW)), AlertKind.QUARANTINED) == [1.0]
    connection.execute(quarantined_devices.update().values(ended_at=NOW))
    (value,) = values_of(list(read_measures(connection, [], NOW)), AlertKind.QUARANTINED)
    assert value < THRESHOLDS[AlertKind.QUARANTINED].clear_at


@pytest.mark.parametrize("cause", ["blind_offline_ms", "blind_paused_ms"])
def test_reports_without_observed_time_are_no_data(connection: Connection, cause: str) -> None:
    insert_locations(connection, "A")
    day_ago = {"location": "A", "device": "cam", "hour_at": int(NOON.timestamp()) - 24 * 3_600}
    offline = [
        {"location": "A", "device": "cam", "hour_at": int(NOON.timestamp()) - hour * 3_600,
         cause: 3_600_000, "observed_ms": 0}
        for hour in range(23)
    ]  # fmt: skip
    connection.execute(hour_tallies.insert(), {**day_ago, "observed_ms": 1})
    connection.execute(hour_tallies.insert(), offline)
    connection.execute(
        minute_tallies.insert(),
        {"location": "A", "device": "cam", "minute_at": int((NOW - MINUTE).timestamp()),
         cause: 60_000, "observed_ms": 0},
    )  # fmt: skip
    found = list(read_measures(connection, [("A", "cam")], NOW))
    assert values_of(found, AlertKind.NO_DATA) == [pytest.approx(23.5)]
    connection.execute(minute_tallies.update().values(observed_ms=100))
    found = list(read_measures(connection, [("A", "cam")], NOW))
    assert values_of(found, AlertKind.NO_DATA) == [0.0]
