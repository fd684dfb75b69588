"""A retired device loses its groups, shadows and jobs, and keeps its history."""

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection

from cloud.fleet.history import Author, read_history
from cloud.fleet.jobs import job_store
from cloud.fleet.jobs.job_store import Job
from cloud.fleet.outbox import pending_messages
from cloud.fleet.registry import devices
from cloud.fleet.registry.devices import Device, DeviceSelector, UnknownDevice
from cloud.fleet.retirement import retire
from cloud.fleet.shadows import shadow_store
from cloud.fleet.shadows.shadow import ShadowUpdate
from cloud.fleet.shadows.shadow_store import ShadowName
from tests.cloud.databases import SQLITE_ONLY

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ANN = Author("ann", START)

pytestmark = SQLITE_ONLY


@pytest.fixture
def two(connection: Connection) -> Connection:
    """Devices `a` and `b` in a group, with a job and two shadows each."""
    for name in ("a", "b"):
        devices.register_device(connection, Device(name, "KX-01"), ANN)
        for shadow in ("", "config"):
            shadow_store.update_shadow(
                connection, ShadowName(name, shadow), ShadowUpdate({"desired": {"x": 1}}), at=START
            )
    devices.add_to_group(connection, "canary", ["a", "b"], ANN)
    job_store.create_job(connection, Job("j", {"operation": "restart"}, ("a", "b")), at=START)
    return connection


def test_the_device_leaves_the_fleet_its_groups_and_its_jobs(two: Connection) -> None:
    retire(two, "a", ANN)
    assert devices.find_names(two, DeviceSelector()) == ["b"]
    assert devices.find_names(two, DeviceSelector(group="canary")) == ["b"]
    assert job_store.read_pending(two, "a") == []
    assert [one.job for one in job_store.read_pending(two, "b")] == ["j"]


def test_each_shadow_is_deleted_and_its_subscribers_are_notified(two: Connection) -> None:
    retire(two, "a", ANN)
    for shadow in ("", "config"):
        assert shadow_store.read_shadow(two, ShadowName("a", shadow), at=START) is None
        assert shadow_store.read_shadow(two, ShadowName("b", shadow), at=START) is not None
    messages = [(topic, json.loads(payload)) for _, topic, payload in pending_messages(two)]
    body = {"version": 1, "timestamp": int(START.timestamp())}
    assert sorted(messages, key=str) == [
        ("$aws/things/a/shadow/delete/accepted", body),
        ("$aws/things/a/shadow/name/config/delete/accepted", body),
    ]


def test_the_history_stays_and_ends_with_the_retirement(two: Connection) -> None:
    retire(two, "a", ANN)
    events = [one.event for one in read_history(two, "a", last=9)]
    assert events == ["device.retired", "device.registered"]


@pytest.mark.parametrize("name", ["none", "", "a; drop table devices"])
def test_a_device_that_the_fleet_does_not_have_changes_nothing(two: Connection, name: str) -> None:
    with pytest.raises(UnknownDevice, match="in the fleet: see `fleet list`"):
        retire(two, name, ANN)
    assert devices.find_names(two, DeviceSelector()) == ["a", "b"]
    assert pending_messages(two) == []


def test_a_device_is_retired_once(two: Connection) -> None:
    retire(two, "a", ANN)
    with pytest.raises(UnknownDevice):
        retire(two, "a", ANN)
