"""Desired configurations over HTTP: previewed, then applied; drift is listed."""

from cloud.app.context import AppContext

CONFIG = "/api/fleet/config"


SETTINGS = {"report_interval_ms": 15_000}


def test_a_config_change_is_a_preview_until_it_is_applied(ask, fleet: AppContext):
    asked = {"target": {"location": "KX-01"}, "settings": SETTINGS}

    preview = ask("POST", CONFIG, json=asked).json()
    assert ask.get("/api/fleet/devices/cam-01").json()["config"] == {}
    done = ask("POST", CONFIG, json={**asked, "apply": True}).json()
    again = ask("POST", CONFIG, json={**asked, "apply": True}).json()

    assert (preview["applied"], preview["devices"]) == (False, 2)
    assert done["changes"] == preview["changes"]
    assert done["changes"][0] == {
        "device": "cam-01",
        "setting": "report_interval_ms",
        "now": "-",
        "after": 15_000,
    }
    assert again["devices"] == 0


def test_a_device_that_has_not_applied_its_config_drifts(ask, fleet: AppContext):
    target = {"device": "cam-03"}
    ask("POST", CONFIG, json={"target": target, "settings": SETTINGS, "apply": True})

    drifts = ask.get("/api/fleet/drift").json()

    assert drifts["total"] == 1
    assert (drifts["drifts"][0]["device"], drifts["drifts"][0]["delta"]) == ("cam-03", SETTINGS)
    assert ask.get("/api/fleet/devices?drifting=true").json()["devices"][0]["name"] == "cam-03"


def test_a_setting_that_no_camera_knows_is_refused(ask, fleet: AppContext):
    target = {"everything": True}
    answer = ask("POST", CONFIG, json={"target": target, "settings": {"frame_rate_hz": "fast"}})

    assert answer.status_code == 422
