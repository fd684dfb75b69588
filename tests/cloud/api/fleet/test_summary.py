"""The fleet in numbers, and the alarms of one device."""

import json
from datetime import timedelta

import pytest

from cloud import database
from cloud.app.context import AppContext


@pytest.fixture
def beating(fleet: AppContext, clock) -> AppContext:
    """cam-01 is online and alarms, cam-02 is offline, cam-03 has never connected."""
    beat = {
        "versions": {"agent": "1.4.0", "detector": "face:2"},
        "figures": {"alarms": ["blind.dark"]},
    }
    calm = {"versions": {"agent": "1.3.0", "detector": "face:2"}}
    rows = [("cam-01", "online", beat), ("cam-02", "offline", calm)]
    alarm = {
        "location": "KX-01",
        "device": "cam-01",
        "kind": "blind.dark",
        "received_at": clock.now,
    }
    with database.writing(fleet.engine) as connection:
        for device, presence, heartbeat in rows:
            values = {"location": "KX-01", "device": device, "presence": presence}
            connection.execute(
                database.device_status.insert(), {**values, "heartbeat": json.dumps(heartbeat)}
            )
        for state, ago in (("raised", 9), ("cleared", 3)):
            at = clock.now - timedelta(minutes=ago)
            told = {"state": state, "at": at, "message": "<b>dark</b>"}
            connection.execute(database.device_alarms.insert(), {**alarm, **told})
    return fleet


def test_devices_are_counted_by_presence_place_and_version(ask, beating):
    found = ask.get("/api/fleet/summary").json()
    assert found["devices"] == 3
    assert found["presence"] == {"online": 1, "offline": 1, "never": 1}
    assert found["alarming"] == 1
    assert [(one["location"], one["devices"]) for one in found["locations"]] == [
        ("KX-01", 2), ("OX-02", 1),
    ]  # fmt: skip
    assert {one["value"]: one["devices"] for one in found["agents"]} == {"1.4.0": 1, "1.3.0": 1}
    assert found["groups"] == [{"value": "canary", "devices": 1}]
    assert "face:2" in found["known_detectors"]


@pytest.mark.parametrize(
    ("query", "found"),
    [("alarming=true", ["cam-01"]), ("name=AM-03", ["cam-03"]), ("name=m_0", []),
     ("name=cam&presence=offline", ["cam-02"])],
)  # fmt: skip
def test_devices_are_found_by_alarm_and_part_of_a_name(ask, beating, query, found):
    devices = ask.get(f"/api/fleet/devices?{query}").json()["devices"]
    assert [one["name"] for one in devices] == found


def test_the_alarms_of_a_device_are_listed_the_latest_first(ask, beating):
    page = ask.get("/api/fleet/devices/cam-01/alarms?limit=1").json()
    (first,) = page["alarms"]
    assert (first["state"], first["message"]) == ("cleared", "<b>dark</b>")
    (second,) = ask.get(f"/api/fleet/devices/cam-01/alarms?before={page['next']}").json()["alarms"]
    assert second["state"] == "raised"
    assert ask.get("/api/fleet/devices/cam-02/alarms").json() == {"alarms": [], "next": None}
    assert ask.get("/api/fleet/devices/cam-99/alarms").status_code == 404


def test_the_schema_of_the_settings_has_their_limits(ask):
    schema = ask.get("/api/fleet/config/schema").json()["json_schema"]
    interval = schema["$defs"]["DeviceConfig"]["properties"]["report_interval_ms"]
    assert (interval["minimum"], interval["maximum"]) == (1_000, 60_000)


@pytest.mark.parametrize(("share", "count"), [(1, 1), (34, 2), (100, 3)])
def test_a_rollout_begins_with_a_share_of_the_devices(ask, beating, share, count):
    asked = {"model": "face:2", "target": {"everything": True}, "share_percent": share}
    seen = ask("POST", "/api/fleet/rollouts", json=asked).json()
    job = ask("POST", "/api/fleet/rollouts", json={**asked, "apply": True}).json()
    assert seen["devices"] == job["devices"] == count
    assert seen["names"] == job["names"]
    rollout = ask.get(f"/api/fleet/jobs/{job['job']}").json()["rollout"]
    assert rollout["abort"] == {"at_least": 1, "percentage": 20.0}
