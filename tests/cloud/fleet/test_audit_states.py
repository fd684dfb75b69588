"""Entries of the audit log record the state of the row that was changed."""

import hashlib
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from cloud.fleet import audit_states
from cloud.fleet.audit_states import (
    members_digest,
    row_state,
    with_allow_list_states,
    with_device_states,
    with_group_state,
)
from cloud.fleet.enrolment.allow_list import AllowedCamera, allow
from cloud.fleet.history import Author, FleetEvent
from cloud.fleet.registry import devices
from cloud.fleet.registry.devices import Device
from cloud.fleet.tables import device_table
from tests.cloud.databases import SQLITE_ONLY

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ANN = Author("ann", START)


@SQLITE_ONLY
def test_a_row_is_plain_json_without_the_time_of_its_creation(connection: Connection) -> None:
    devices.register_device(connection, Device("a", "KX-01", attributes={"x": "1"}), ANN)
    devices.record_certificate(connection, "a", "7f", START, ANN)
    row = connection.execute(select(device_table)).mappings().one()
    assert row_state(row, device_table) == {
        "name": "a",
        "location": "KX-01",
        "kind": "camera",
        "serial": None,
        "attributes": '{"x":"1"}',
        "certificate": "7f",
        "certificate_ends_at": "2026-11-20T09:00:00+00:00",
        "retired_at": None,
    }


def test_the_digest_of_members_depends_on_the_set_alone() -> None:
    assert members_digest(["b", "a"]) == members_digest(iter(["a", "b"]))
    assert members_digest([]) == hashlib.sha256(b"").hexdigest()
    assert members_digest(["a"]) != members_digest(["b"])


@SQLITE_ONLY
def test_an_event_has_the_state_of_its_device_and_another_event_none(connection) -> None:
    for name in ("a", "b"):
        devices.register_device(connection, Device(name, "KX-01"), ANN)
    events = [FleetEvent("e", name, "") for name in ("b", None, "gone", "a")]
    found = with_device_states(connection, events)
    assert [one.state.get(audit_states.DEVICE, {}).get("name") for one in found] == [
        "b", None, None, "a",
    ]  # fmt: skip
    assert found[1] == events[1]
    assert with_device_states(connection, []) == []


@SQLITE_ONLY
def test_more_events_than_one_query_takes_have_their_states(connection, monkeypatch) -> None:
    monkeypatch.setattr(audit_states, "ROWS_PER_QUERY", 2)
    names = [f"cam-{number}" for number in range(5)]
    for name in names:
        devices.register_device(connection, Device(name, "KX-01"), ANN)
    found = with_device_states(connection, [FleetEvent("e", name, "") for name in names])
    assert [one.state[audit_states.DEVICE]["name"] for one in found] == names


@SQLITE_ONLY
def test_an_event_of_the_allow_list_has_the_state_of_its_row(connection: Connection) -> None:
    allow(connection, [AllowedCamera("SN1", "b", "a", "KX-01", ("g",))], ANN)
    (found,) = with_allow_list_states(connection, [FleetEvent("e", "a", "")])
    state = found.state[audit_states.ALLOW_LIST]
    assert (state["serial"], state["groups"], state["enrolled_at"]) == ("SN1", '["g"]', None)


@SQLITE_ONLY
def test_an_event_of_a_group_has_the_digest_of_its_members(connection: Connection) -> None:
    devices.register_device(connection, Device("a", "KX-01"), ANN)
    devices.add_to_group(connection, "g", ["a"], ANN)
    for group, members in (("g", ["a"]), ("empty", [])):
        found = with_group_state(connection, FleetEvent("e", None, ""), group)
        assert found.state == {"group": group, "members": members_digest(members)}
