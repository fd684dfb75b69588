"""Desired settings are validated, previewed, and written for the devices that they change."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from cloud.fleet.history import Author, read_history
from cloud.fleet.outbox import pending_messages
from cloud.fleet.registry import devices
from cloud.fleet.registry.devices import Device, DeviceSelector
from cloud.fleet.shadows import desired_config, shadow_store
from cloud.fleet.shadows.desired_config import (
    ConfigPreview,
    DesiredConfigError,
    diff_settings,
    find_drift,
    preview_changes,
    read_config,
    set_desired,
    validate_models,
    validate_settings,
)
from cloud.fleet.shadows.shadow import ShadowUpdate
from cloud.fleet.shadows.shadow_store import ShadowName
from tests.cloud.databases import SQLITE_ONLY
from wire.fleet.device_config import CONFIG_SHADOW

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ANN = Author("ann", START)
EVERYTHING = DeviceSelector()


@pytest.fixture
def fleet(connection: Connection) -> Connection:
    """Devices a and b at King's Cross, c at London Bridge."""
    for name, location in (("a", "KX-01"), ("b", "KX-01"), ("c", "LB-01")):
        devices.register_device(connection, Device(name, location), ANN)
    return connection


def report(connection: Connection, device: str, **settings: object) -> None:
    update = ShadowUpdate({"reported": settings})
    shadow_store.update_shadow(connection, ShadowName(device, CONFIG_SHADOW), update, at=START)


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({}, "give at least one SETTING=VALUE"),
        ({"sauce": 1, "oil": 2}, "oil, sauce: wanted one of analysed_fps"),
        ({"paused": "yes"}, "Expected `bool`, got `str`"),
        ({"report_interval_ms": 7000}, "does not divide one minute"),
        ({"report_interval_ms": True}, "Expected `int`"),
    ],
)
def test_settings_that_no_camera_can_apply_are_refused(wanted, sentence: str) -> None:
    with pytest.raises(DesiredConfigError, match=sentence):
        validate_settings(wanted)


def test_valid_settings_and_null_which_removes_one_are_accepted() -> None:
    validate_settings({"paused": True, "report_interval_ms": 15_000})
    validate_settings({"report_interval_ms": None})


def test_a_model_is_one_that_a_camera_has() -> None:
    known = {"detector": {"face", "body"}}
    validate_models({"detector": "body", "paused": True}, known)
    validate_models({"detector": None}, known)
    with pytest.raises(DesiredConfigError, match=r"detector: .* wanted one of body, face; send"):
        validate_models({"detector": "cat"}, known)


@pytest.mark.parametrize(
    ("before", "wanted", "changes"),
    [
        ({}, {"a": 1}, {"a": ("-", 1)}),
        ({"a": 1}, {"a": 1}, {}),
        ({"a": 1}, {"a": None}, {"a": (1, "-")}),
        ({}, {"a": None}, {}),
        ({"a": {"x": 1}, "b": 2}, {"a": {"y": 2}}, {"a": ({"x": 1}, {"x": 1, "y": 2})}),
    ],
)
def test_only_settings_that_change_are_named(before, wanted, changes) -> None:
    assert diff_settings(before, wanted) == changes


@SQLITE_ONLY
def test_a_preview_names_the_devices_that_would_change_and_writes_nothing(fleet) -> None:
    set_desired(fleet, DeviceSelector(name="a"), {"paused": True}, ANN)
    before = len(pending_messages(fleet))
    found = preview_changes(fleet, EVERYTHING, {"paused": True}, ANN)
    assert found == [ConfigPreview(name, {"paused": ("-", True)}) for name in ("b", "c")]
    assert len(pending_messages(fleet)) == before
    assert read_config(fleet, "b") == {}


@SQLITE_ONLY
def test_a_change_is_stored_published_and_recorded_for_each_device(fleet: Connection) -> None:
    changed = set_desired(fleet, DeviceSelector(location="KX-01"), {"paused": True}, ANN)
    assert [one.device for one in changed] == ["a", "b"]
    assert read_config(fleet, "a") == {"version": 1, "desired": {"paused": True}}
    assert read_config(fleet, "c") == {}
    topics = [topic.rsplit("/", 2)[-2:] for _, topic, _ in pending_messages(fleet)]
    assert topics == [["update", "delta"], ["update", "documents"]] * 2
    (latest, *_) = read_history(fleet, "a", last=9)
    assert (latest.event, latest.detail) == ("config.desired", "paused: - → True")
    assert set_desired(fleet, DeviceSelector(location="KX-01"), {"paused": True}, ANN) == []
    assert read_config(fleet, "a")["version"] == 1


@SQLITE_ONLY
def test_a_selector_without_a_device_is_refused(fleet: Connection) -> None:
    with pytest.raises(DesiredConfigError, match="no device matches the selector"):
        set_desired(fleet, DeviceSelector(group="none"), {"paused": True}, ANN)
    assert pending_messages(fleet) == []


@SQLITE_ONLY
def test_devices_drift_until_they_report_the_desired_settings(fleet: Connection) -> None:
    assert find_drift(fleet, EVERYTHING) == []
    set_desired(fleet, DeviceSelector(name="b"), {"paused": True}, ANN)
    later = Author("ann", START + timedelta(hours=1))
    set_desired(fleet, DeviceSelector(name="a"), {"paused": True}, later)
    found = find_drift(fleet, EVERYTHING)
    assert [(one.device, one.location, one.delta, one.since) for one in found] == [
        ("b", "KX-01", {"paused": True}, START),
        ("a", "KX-01", {"paused": True}, later.at),
    ]
    assert [one.device for one in find_drift(fleet, DeviceSelector(name="a"))] == ["a"]
    report(fleet, "a", paused=True)
    report(fleet, "b", paused=False)
    assert [one.device for one in find_drift(fleet, EVERYTHING)] == ["b"]


@SQLITE_ONLY
def test_a_deleted_shadow_neither_drifts_nor_is_read(fleet: Connection) -> None:
    set_desired(fleet, DeviceSelector(name="a"), {"paused": True}, ANN)
    shadow_store.delete_shadow(fleet, ShadowName("a", CONFIG_SHADOW), at=START)
    assert find_drift(fleet, EVERYTHING) == []
    assert read_config(fleet, "a") == {}
    assert desired_config.preview_changes(fleet, DeviceSelector(name="a"), {"paused": True}, ANN)
