"""Changes in the fleet's tables that bypass the program are found by `audit verify`."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from cloud import database
from cloud.app.audit_tables import compare_tables
from cloud.fleet import retirement
from cloud.fleet.enrolment import allow_list
from cloud.fleet.enrolment.allow_list import AllowedCamera
from cloud.fleet.history import Author
from cloud.fleet.registry import devices
from cloud.fleet.registry.devices import Device
from tests.cloud.rates import sites

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ME = Author("operator:ann", AT)
COLUMNS = "name, location, kind, attributes, created_at"
CHANGES = [
    ("UPDATE devices SET location = 'LB-01' WHERE name = 'cam-1'", "location is LB-01"),
    ("UPDATE devices SET certificate = 'ff' WHERE name = 'cam-1'", "certificate is ff"),
    ("UPDATE devices SET certificate_ends_at = 1 WHERE name = 'cam-1'", "certificate_ends_at is"),
    ("UPDATE devices SET retired_at = NULL WHERE name = 'cam-2'", "retired_at is None"),
    ("UPDATE devices SET retired_at = 1 WHERE name = 'cam-1'", "retired_at is 1970"),
    ("UPDATE devices SET attributes = '{}' WHERE name = 'cam-1'", "attributes is {}"),
    ("DELETE FROM devices WHERE name = 'kx-01-cam-1'", "devices: kx-01-cam-1 of entry"),
    (f"INSERT INTO devices ({COLUMNS}) VALUES ('eve', 'KX-01', 'x', '{{}}', 1)", "eve has"),
    ("UPDATE enrolment_allow_list SET claim = 'eve' WHERE serial = 'S1'", "claim is eve"),
    ("UPDATE enrolment_allow_list SET location = 'LB-01' WHERE serial = 'S1'", "location is LB-01"),
    ("UPDATE enrolment_allow_list SET enrolled_at = 1 WHERE serial = 'S1'", "enrolled_at is 1970"),
    ("UPDATE enrolment_allow_list SET serial = 'S9' WHERE serial = 'S1'", "S1 of entry"),
    ("DELETE FROM enrolment_allow_list", "S1 of entry"),
    ("DELETE FROM device_groups WHERE name = 'pilot'", "group pilot has not the members"),
    ("UPDATE device_groups SET name = 'eve'", "group eve has no entry"),
]  # fmt: skip


@dataclass
class Fleet:
    engine: Engine

    def findings(self, *changes: str) -> list[str]:
        """What shows after changes beside the program, which are then taken back."""
        with self.engine.connect() as connection:
            for change in changes:
                assert connection.execute(text(change)).rowcount, change
            found = compare_tables(connection, AT)
            connection.rollback()
        return found


@pytest.fixture
def fleet(engine: Engine) -> Fleet:
    with database.writing(engine) as connection:
        devices.register_sites(connection, sites(), ME)
        attributes = {"platform": "2"}
        devices.register_device(connection, Device("cam-1", "KX-01", attributes=attributes), ME)
        devices.record_certificate(connection, "cam-1", "0a", AT + timedelta(days=90), ME)
        devices.register_device(connection, Device("cam-2", "KX-01"), ME)
        devices.add_to_group(connection, "pilot", ["cam-1", "cam-2"], ME)
        devices.add_to_group(connection, "spare", ["cam-1"], ME)
        devices.remove_from_group(connection, "spare", ["cam-1"], ME)
        retirement.retire(connection, "cam-2", ME)
        lines = [
            AllowedCamera("S1", "batch", "cam-7", "KX-01", ("pilot",)),
            AllowedCamera("S2", "batch", "cam-8", "KX-01"),
        ]
        allow_list.allow(connection, lines, ME)
        allow_list.allow(
            connection, [AllowedCamera("S2", "batch", "cam-9", "LB-01")], ME, again=True
        )
    return Fleet(engine)


def test_what_the_fleet_commands_wrote_is_what_the_log_says(fleet: Fleet):
    assert fleet.findings() == []


def test_a_row_of_the_fleet_that_was_changed_beside_the_program_shows(fleet: Fleet):
    for change, sentence in CHANGES:
        found = fleet.findings(change)
        assert any(sentence in one for one in found), (change, found)


def test_rows_from_before_states_were_recorded_are_not_taken_for_altered(fleet: Fleet):
    line = "INSERT INTO fleet_audit (at, who, event, device, detail) VALUES (1, 'ann', "
    assert (
        fleet.findings(
            f"INSERT INTO devices ({COLUMNS}) VALUES ('old-1', 'KX-01', 'camera', '{{}}', 1)",
            "INSERT INTO device_groups (name, device) VALUES ('old', 'old-1')",
            f"{line} 'device.registered', 'old-1', '')",
            f"{line} 'group.joined', NULL, 'old: old-1')",
        )
        == []
    )
