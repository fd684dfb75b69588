"""The fleet's tables refuse what two processes could write at the same time."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from cloud.fleet.tables import (
    allow_list_table,
    device_groups,
    device_table,
    enrolments,
    executions,
    jobs,
)

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
DEVICE = {
    "name": "a", "location": "KX-01", "kind": "camera", "serial": "SN1", "attributes": "{}",
    "created_at": AT,
}  # fmt: skip
JOB = {
    "id": "j", "document": "{}", "rollout": "{}", "targets": "[]", "notified": 0,
    "status": "IN_PROGRESS", "created_at": AT,
}  # fmt: skip
EXECUTION = {"device": "a", "job": "j", "status": "QUEUED", "body": "{}"}
ALLOWED = {"serial": "SN1", "claim": "c", "device": "a", "location": "KX-01", "groups": "[]"}
ENROLMENT = {
    "token_digest": "d", "device": "a", "holder": "claim:c", "certificate": "7f",
    "certificate_ends_at": AT, "created_at": AT,
}  # fmt: skip


@pytest.fixture
def filled(connection: Connection) -> Connection:
    for table, row in (
        (device_table, DEVICE),
        (device_groups, {"name": "g", "device": "a"}),
        (jobs, JOB),
        (executions, EXECUTION),
        (allow_list_table, ALLOWED),
        (enrolments, ENROLMENT),
    ):
        connection.execute(insert(table), [row])
    return connection


@pytest.mark.parametrize(
    ("table", "row"),
    [
        (device_table, DEVICE),
        (device_table, DEVICE | {"name": "b"}),  # the same serial number
        (device_groups, {"name": "g", "device": "a"}),
        (jobs, JOB),
        (executions, EXECUTION),
        (allow_list_table, ALLOWED | {"device": "b"}),
        (allow_list_table, ALLOWED | {"serial": "SN2"}),
        (enrolments, ENROLMENT),
    ],
)
def test_a_second_row_of_the_same_is_refused(filled, table: Any, row: Any) -> None:
    with pytest.raises(IntegrityError), filled.begin_nested():
        filled.execute(insert(table), [row])


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("table", "row"),
    [
        (device_groups, {"name": "g", "device": "unknown"}),
        (executions, EXECUTION | {"job": "unknown"}),
    ],
)
def test_a_row_about_an_unknown_device_or_job_is_refused(filled, table: Any, row: Any) -> None:
    """On PostgreSQL; SQLite does not check foreign keys here."""
    with pytest.raises(IntegrityError), filled.begin_nested():
        filled.execute(insert(table), [row])


def test_devices_without_a_serial_number_do_not_exclude_each_other(filled: Connection) -> None:
    for name in ("b", "c"):
        filled.execute(insert(device_table), [DEVICE | {"name": name, "serial": None}])
    without = select(device_table.c.name).where(device_table.c.serial.is_(None))
    assert set(filled.execute(without).scalars()) >= {"b", "c"}
