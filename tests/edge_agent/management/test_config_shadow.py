"""A device applies its desired config, or rejects it, and reports the result to the shadow."""

import json

import pytest

from cloud.fleet.shadows import shadow as engine
from edge_agent.perception.model_errors import ModelMissingError
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.capture import CaptureSettings
from edge_agent.settings.privacy import PrivacySettings
from wire.fleet.device_config import response_topics, shadow_topic
from wire.scalars import DeviceId

BAD_MASK = [[0.0, 0.0], [1.2, 0.0], [1.0, 1.0]]
NIGHT = {"days": ["mon"], "opens": "22:00", "closes": "06:00"}


def test_a_device_without_a_shadow_reports_its_settings(device):
    device.advance()
    assert device.service.reported["report_interval_ms"] == 30_000
    assert device.service.reported["digest"] == Settings().digest
    assert device.service.reported["thresholds"]["looking_yaw_deg"] == 20.0


def test_a_desired_config_is_applied_tried_and_reported(device):
    device.advance()
    device.service.set_desired({"report_interval_ms": 10_000, "analysed_fps": 3})
    device.advance()
    ((settings, networks),) = device.camera.applied
    assert (settings.interval_s, settings.capture.analysed_fps) == (10, 3.0)
    assert networks is None
    assert device.service.shadow.delta == {}
    assert device.service.reported["config_outcome"] == {
        "outcome": "applied",
        "version": 2,
        "reason": "",
    }
    assert device.service.reported["digest"] == settings.digest


def test_an_updated_agent_reports_the_stored_outcome_under_its_present_name(device):
    outcome = {"outcome": "applied", "version": 4, "reason": ""}
    device.path.write_text(json.dumps({"judged": "abc", "verdict": outcome}))
    device.service.shadow = engine.Shadow(version=5, state={"reported": {"verdict": outcome}})
    device.start()
    device.advance()
    assert device.service.reported["config_outcome"] == outcome
    assert "verdict" not in device.service.reported


def test_every_field_of_the_desired_config_is_applied(device):
    polygon = [[0.0, 0.0], [0.5, 0.0], [0.5, 0.5]]
    desired = {
        "report_interval_ms": 20_000,
        "heartbeat_interval_ms": 60_000,
        "paused": True,
        "schedule": {
            "time_zone": "Europe/London",
            "hours": [{"days": ["mon", "tue"], "opens": "06:00", "closes": "24:00"}],
        },
        "analysed_fps": 8.0,
        "analysed_px": 320,
        "masks": [polygon],
        "zones": [{"name": "left", "polygon": polygon}],
        "view": {
            "screen_width_m": 3,
            "screen_height_m": 2,
            "camera": {"horizontal_fov_deg": 70, "y_m": 1.2},
        },
        "thresholds": {"face": 0.7, "dark_below": 10, "looking_yaw_deg": 15, "confirm_s": 1},
        "demographics": False,
        "detector": "onlooker-face",
        "attention": "onlooker-attention",
    }
    device.service.set_desired(desired)
    device.advance()
    settings = device.config_shadow.settings
    assert device.service.shadow.delta == {}
    assert device.service.reported["config_outcome"]["outcome"] == "applied"
    assert settings.schedule.paused
    assert settings.view.camera.y_m == 1.2
    assert settings.link.heartbeat_s == 60
    assert settings.models.input_px == 320
    assert settings.models.threshold == 0.7
    assert settings.quality.dark_below == 10
    assert settings.attention.looking_yaw_deg == 15
    assert settings.tracking.confirm_s == 1
    assert settings.zones[0].name == "left"
    assert settings.capture.masks[0][1] == (0.5, 0.0)


@pytest.mark.parametrize(
    ("desired", "reason"),
    [
        ({"colour": "red"}, "unknown field `colour`"),
        ({"analysed_fps": "five"}, "Expected `float`, got `str`"),
        ({"analysed_fps": -1}, "Expected `float` > 0"),
        ({"report_interval_ms": 7_000}, "does not divide one minute"),
        ({"masks": [BAD_MASK]}, "Expected `float` <= 1.0"),
        ({"schedule": {"time_zone": "UTC", "hours": [NIGHT]}}, "before they start"),
        ({"schedule": {"time_zone": "Moon/Sea", "hours": []}}, "no IANA time zone"),
        ({"thresholds": {"face": 2}}, "Expected `float` <= 1.0"),
        ({"zones": [{"name": "a", "polygon": []}]}, "length >= 3"),
        ({"zones": [{"name": "\u200b", "polygon": BAD_MASK[:1] * 3}]}, "U+200B (ZERO WIDTH SPACE)"),
        ({"view": {"screen_width_m": 3}}, "missing required field"),
        ({"paused": 1}, "Expected `bool`"),
        ({"report_interval_ms": 10_000, "analysed_fps": 0}, "Expected `float` > 0"),
    ],
)
def test_an_invalid_desired_config_is_rejected_as_a_whole_with_a_reason(device, desired, reason):
    device.advance()
    device.service.set_desired(desired)
    device.advance()
    assert device.camera.applied == []
    outcome = device.service.reported["config_outcome"]
    assert outcome["outcome"] == "rejected"
    assert reason in outcome["reason"]
    assert device.service.reported["digest"] == Settings().digest


def test_a_desired_config_over_the_size_limit_is_rejected(device):
    point = [0.123456, 0.654321]
    device.service.shadow = device.service.shadow.__class__(
        {"desired": {"masks": [[point] * 64] * 9}}, {}, 1
    )
    device.advance()
    assert device.camera.applied == []
    assert device.config_shadow._stored.last_outcome.outcome == "rejected"
    assert "the limit is 8192" in device.config_shadow._stored.last_outcome.reason
    assert len(device.service.link.sent) < 10


@pytest.mark.parametrize("payload", [b"", b"{", b"[1]", b"\xff", b'"x"', b"[" * 5_000, b"null"])
def test_an_invalid_message_changes_nothing(device, payload):
    device.advance()
    topic = device.service.link.sent[0][0]
    for end in ("/accepted", "/rejected"):
        device.service.link.inbox.append((topic + end, payload))
    device.advance()
    assert device.camera.applied == []


def test_a_response_to_another_request_is_ignored(device):
    device.advance()
    topic = device.service.link.sent[0][0] + "/accepted"
    forged = b'{"state":{"desired":{"analysed_fps":1}},"version":99,"clientToken":"x"}'
    device.service.link.inbox.append((topic, forged))
    device.advance()
    assert device.camera.applied == []


def test_a_removed_desired_field_returns_to_the_local_setting(device):
    device.own = Settings(capture=CaptureSettings(analysed_fps=4))
    device.start()
    device.service.set_desired({"analysed_fps": 9})
    device.advance()
    assert device.config_shadow.settings.capture.analysed_fps == 9
    device.service.set_desired({"analysed_fps": None})
    device.advance()
    assert device.config_shadow.settings.capture.analysed_fps == 4
    assert device.service.reported["analysed_fps"] == 4


def test_a_desired_config_set_while_offline_is_applied_after_reconnecting(device):
    device.advance()
    device.service.link.connected = False
    device.service.set_desired({"report_interval_ms": 15_000})
    device.service.link.inbox.clear()
    device.advance()
    device.service.link.connected = True
    device.service.link.sessions += 1
    device.advance()
    assert device.config_shadow.settings.interval_s == 15


def test_models_are_opened_before_the_change_and_a_missing_one_rejects_it(device):
    device.advance()
    device.service.set_desired({"analysed_px": 320})
    device.advance()
    assert device.camera.applied[0][1] == ("detector", "pose")
    device.load_error = ModelMissingError("found no model named 'd-9'")
    device.service.set_desired({"detector": "d-9"})
    device.advance()
    assert device.service.reported["config_outcome"]["outcome"] == "rejected"
    assert "d-9" in device.service.reported["config_outcome"]["reason"]
    assert len(device.camera.applied) == 1


def test_a_request_without_a_response_is_repeated_with_growing_intervals(device):
    device.service.link.answer = lambda topic, body: []
    device.advance(100)
    assert len(device.service.link.sent) == 4  # at 0, 10, 30 and 70 s


def test_a_version_conflict_is_resolved_by_reading_the_shadow_again(device):
    device.advance()
    answer = device.service.link.answer

    def late(topic, body):
        if topic.endswith("/update") and "version" in body:
            device.service.link.answer = answer
            device.service.set_desired({"report_interval_ms": 20_000})  # another update comes first
        return answer(topic, body)

    device.service.link.answer = late
    device.service.set_desired({"report_interval_ms": 10_000})
    device.advance(20)
    assert device.config_shadow.settings.interval_s == 20
    assert device.service.shadow.delta == {}


def test_a_desired_config_set_before_the_first_report_is_not_missed(device):
    answer = device.service.link.answer

    def late(topic, body):
        if topic.endswith("/update"):
            device.service.link.answer = answer
            device.service.set_desired({"report_interval_ms": 10_000})  # no shadow exists yet
            notifications = [device.service.link.inbox.popleft() for _ in range(2)]
            return [*answer(topic, body), *notifications]  # the notification arrives late
        return answer(topic, body)

    device.service.link.answer = late
    device.advance()
    assert device.config_shadow.settings.interval_s == 10


def test_a_report_over_the_size_limit_is_shortened_once(device):
    point = [0.1234567890123, 0.6543210987654]
    desired = {"masks": [[point] * 64] * 2}
    device.service.set_desired(desired)
    device.advance()
    assert device.config_shadow.settings.capture.masks
    assert set(device.service.reported) == {"config_outcome", "digest"}
    assert len(device.service.link.sent) < 10


def test_nothing_is_reported_when_the_shadow_is_up_to_date(device):
    device.service.set_desired({"report_interval_ms": 10_000})
    device.advance()
    before = len(device.service.link.sent)
    device.service.link.sessions += 1
    device.advance()
    assert [topic.rpartition("/")[2] for topic, _ in device.service.link.sent[before:]] == ["get"]


def test_an_unreadable_config_file_does_not_stop_the_camera(device):
    device.path.write_text("{torn")
    device.start()
    device.advance()
    assert device.config_shadow.settings == device.own


def test_desired_demographics_are_rejected_unless_the_local_settings_allow_them(device):
    device.advance()
    device.service.set_desired({"demographics": True})
    device.advance()
    assert device.camera.applied == []
    assert device.service.reported["config_outcome"]["outcome"] == "rejected"
    assert "only the local settings" in device.service.reported["config_outcome"]["reason"]


def test_desired_demographics_are_rejected_if_the_networks_cannot_be_loaded(device):
    device.own = Settings(privacy=PrivacySettings(demographics=True))
    device.start()
    device.service.set_desired({"demographics": False})
    device.advance(60)
    assert not device.config_shadow.settings.privacy.demographics
    device.load_error = ModelMissingError("found no network for demographics")
    device.service.set_desired({"demographics": True})
    device.advance()
    assert not device.config_shadow.settings.privacy.demographics
    assert "found no network" in device.service.reported["config_outcome"]["reason"]


def test_a_shadow_that_was_deleted_and_created_again_is_applied(device):
    device.advance()
    device.service.set_desired({"analysed_fps": 4})
    device.advance(60)
    assert device.config_shadow.settings.capture.analysed_fps == 4
    device.service.shadow = device.service.shadow.__class__()
    device.service.set_desired({"analysed_fps": 6})  # version 1 again
    device.advance(60)
    assert device.config_shadow.settings.capture.analysed_fps == 6


def test_deleting_the_shadow_restores_the_local_settings(device):
    device.advance()
    device.service.set_desired({"analysed_fps": 4})
    device.advance(60)
    device.service.shadow = device.service.shadow.__class__()
    topic = shadow_topic(DeviceId("kx-01-cam-1"), "delete/accepted", shadow="config")
    assert topic in response_topics(DeviceId("kx-01-cam-1"))
    device.service.link.inbox.append((topic, b'{"version": 9}'))
    device.advance(60)
    assert device.config_shadow.settings == device.own


def test_a_config_that_the_local_settings_no_longer_allow_is_reported_as_rejected(device):
    device.advance()
    device.service.set_desired({"report_interval_ms": 10_000})
    device.advance(60)
    device.own = Settings(privacy=PrivacySettings(min_interval_s=30))
    device.start()
    device.advance()
    assert device.config_shadow.settings == device.own
    assert device.service.reported["config_outcome"]["outcome"] == "rejected"
    assert device.service.reported["report_interval_ms"] == 30_000
