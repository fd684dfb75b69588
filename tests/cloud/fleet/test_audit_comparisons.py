"""A row of the fleet's tables that was changed without an entry is named with what differs."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection, delete, insert, update

from cloud.auth.audit import read_entries
from cloud.fleet.audit_comparisons import AllowListRows, Devices, Groups
from cloud.fleet.enrolment.allow_list import AllowedCamera, allow
from cloud.fleet.history import Author, FleetEvent, record_events
from cloud.fleet.registry import devices
from cloud.fleet.registry.devices import Device
from cloud.fleet.tables import allow_list_table, device_groups, device_table, fleet_audit
from tests.cloud.databases import SQLITE_ONLY

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ANN = Author("ann", START)

pytestmark = SQLITE_ONLY


@pytest.fixture
def fleet(connection: Connection) -> Connection:
    """Devices a and b, of which a is in group g; SN1 may enrol as a."""
    for name in ("a", "b"):
        devices.register_device(connection, Device(name, "KX-01"), ANN)
    devices.add_to_group(connection, "g", ["a"], ANN)
    allow(connection, [AllowedCamera("SN1", "batch", "a", "KX-01")], ANN)
    return connection


def compare(connection: Connection, kind: Callable[[], Any]) -> list[str]:
    comparison = kind()
    for entry in read_entries(connection):
        comparison.add_entry(entry, msgspec.json.decode(entry.details))
    return list(comparison.findings(connection, START))


@pytest.mark.parametrize("kind", [Devices, AllowListRows, Groups])
def test_tables_that_only_the_program_changed_match(fleet: Connection, kind) -> None:
    assert compare(fleet, kind) == []
    devices.mark_retired(fleet, "a", ANN)
    allow(fleet, [AllowedCamera("SN1", "batch", "a", "LB-01")], ANN, again=True)
    assert compare(fleet, kind) == []


@pytest.mark.parametrize("kind", [Devices, AllowListRows, Groups])
def test_empty_tables_and_an_empty_log_match(connection: Connection, kind) -> None:
    assert compare(connection, kind) == []


@pytest.mark.parametrize(
    ("kind", "change", "finding"),
    [
        (
            Devices,
            update(device_table).where(device_table.c.name == "a").values(location="LB-01"),
            "devices: a: location is LB-01, and entry 1 records KX-01",
        ),
        (
            Devices,
            delete(device_table).where(device_table.c.name == "b"),
            "devices: b of entry 2 is missing",
        ),
        (
            Devices,
            insert(device_table).values(
                name="x", location="KX-01", kind="camera", attributes="{}", created_at=START
            ),
            "devices: x has no entry",
        ),
        (
            AllowListRows,
            update(allow_list_table).values(claim="other"),
            "enrolment_allow_list: SN1: claim is other, and entry 4 records batch",
        ),
        (
            AllowListRows,
            insert(allow_list_table).values(
                serial="SN9", claim="batch", device="x", location="KX-01", groups="[]"
            ),
            "enrolment_allow_list: SN9 has no entry",
        ),
        (
            Groups,
            insert(device_groups).values(name="g", device="b"),
            "device_groups: group g has not the members of entry 3",
        ),
        (
            Groups,
            insert(device_groups).values(name="h", device="b"),
            "device_groups: group h has no entry",
        ),
        (
            Groups,
            delete(device_groups),
            "device_groups: group g has not the members of entry 3",
        ),
    ],
)
def test_a_row_that_was_changed_otherwise_is_named(fleet, kind, change, finding: str) -> None:
    fleet.execute(change)
    assert compare(fleet, kind) == [finding]


def test_rows_with_entries_of_an_older_version_are_not_compared(connection: Connection) -> None:
    row = {"location": "KX-01", "kind": "camera", "attributes": "{}", "created_at": START}
    connection.execute(insert(device_table), [{"name": name, **row} for name in ("a", "b")])
    connection.execute(insert(device_groups).values(name="g", device="a"))
    record_events(connection, ANN, [FleetEvent("device.registered", "a", "")])
    line = {"at": START, "who": "old", "device": "b"}
    for event, detail in (("device.registered", ""), ("group.joined", "g: a")):
        connection.execute(insert(fleet_audit).values(event=event, detail=detail, **line))
    assert compare(connection, Devices) == []
    assert compare(connection, Groups) == []
