"""The history shows the newest events of a device, those from before the audit chain at the end."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from cloud.auth import audit
from cloud.fleet import tables
from cloud.fleet.history import (
    MAX_ACTOR_CHARACTERS,
    MAX_DETAIL_CHARACTERS,
    Author,
    FleetEvent,
    read_history,
    record_events,
)
from tests.cloud.databases import SQLITE_ONLY

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ANN = Author("ann", START)

pytestmark = SQLITE_ONLY


def record(connection: Connection, *events: tuple[str, str | None]) -> None:
    record_events(connection, ANN, [FleetEvent(event, device, "why") for event, device in events])


def test_the_newest_event_comes_first_and_at_most_as_many_as_asked(connection) -> None:
    record(connection, ("device.registered", "a"), ("config.desired", "b"), ("job.opened", None))
    found = read_history(connection, None, last=2)
    assert [(one.event, one.device, one.entry) for one in found] == [
        ("job.opened", None, 3),
        ("config.desired", "b", 2),
    ]
    assert (found[0].who, found[0].at, found[0].detail) == ("ann", START, "why")


def test_a_device_has_its_own_history(connection) -> None:
    record(connection, ("device.registered", "a"), ("device.registered", "b"), ("job.opened", None))
    assert [one.device for one in read_history(connection, "a", last=9)] == ["a"]
    assert read_history(connection, "none", last=9) == []


def test_entries_of_others_in_the_chain_are_not_of_the_fleet(connection) -> None:
    audit.record_change(
        connection, at=START, actor="bob", action="fleetwide.price", about="a", details={}
    )
    record(connection, ("device.retired", "a"))
    assert [one.event for one in read_history(connection, "a", last=9)] == ["device.retired"]


def test_long_texts_are_cut_to_their_columns(connection) -> None:
    author = Author("x" * 500, START)
    record_events(connection, author, [FleetEvent("group.joined", None, "y" * 5_000)])
    (found,) = read_history(connection, None, last=9)
    assert (len(found.who), len(found.detail)) == (MAX_ACTOR_CHARACTERS, MAX_DETAIL_CHARACTERS)
    assert audit.verify_chain(connection) is not None


def test_no_events_write_no_entry(connection) -> None:
    record_events(connection, ANN, [])
    assert read_history(connection, None, last=9) == []


def test_lines_from_before_the_chain_come_last_and_have_no_number(connection) -> None:
    for hour, event in enumerate(("device.registered", "device.moved")):
        at = START - timedelta(hours=9 - hour)
        connection.execute(tables.fleet_audit.insert().values(
            at=at, who="old", event=event, device="a", detail=""
        ))  # fmt: skip
    record(connection, ("device.retired", "a"))
    found = read_history(connection, "a", last=9)
    assert [(one.event, one.entry) for one in found] == [
        ("device.retired", 1),
        ("device.moved", None),
        ("device.registered", None),
    ]
    assert [one.event for one in read_history(connection, "a", last=1)] == ["device.retired"]
    assert len(read_history(connection, "a", last=2)) == 2
