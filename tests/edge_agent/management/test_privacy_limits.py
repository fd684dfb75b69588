"""Remote configuration tightens privacy and never loosens it, field by field."""

import pytest

from edge_agent.management.privacy_limits import RULES, intersect_hours
from edge_agent.management.remote_config import ConfigError, apply_desired_config
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.capture import CaptureSettings
from edge_agent.settings.privacy import PrivacySettings
from edge_agent.settings.schedule import OpenHours, ScheduleSettings
from edge_agent.settings.transport import LinkSettings
from wire.fleet.device_config import DeviceConfig

LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
RIGHT = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0))
DAY = OpenHours(days=("mon", "tue"), opens="08:00", closes="18:00")
MASKED = Settings(capture=CaptureSettings(masks=(LEFT,)))
DESCRIBED = Settings(privacy=PrivacySettings(demographics=True))
DAYTIME = Settings(schedule=ScheduleSettings(time_zone="Europe/London", hours=(DAY,)))
PAUSED = Settings(schedule=ScheduleSettings(paused=True))
FAST = Settings(interval_s=5, link=LinkSettings(heartbeat_s=2))


def hours(opens, closes, *days):
    return {"time_zone": "Europe/London", "hours": [
        {"days": list(days), "opens": opens, "closes": closes}
    ]}  # fmt: skip


def test_every_field_of_the_remote_configuration_has_a_rule():
    assert set(RULES) == set(DeviceConfig.__struct_fields__), (
        "a field of wire.fleet.device_config has no rule in "
        "edge_agent.management.privacy_limits: decide whether it can loosen privacy"
    )


@pytest.mark.parametrize(
    ("own", "desired", "used"),
    [
        (MASKED, {"masks": [RIGHT]}, lambda s: s.capture.masks == (LEFT, RIGHT)),
        (MASKED, {"masks": []}, lambda s: s.capture.masks == (LEFT,)),
        (MASKED, {"masks": [LEFT]}, lambda s: s.capture.masks == (LEFT,)),
        (DESCRIBED, {"demographics": False}, lambda s: not s.privacy.demographics),
        (DESCRIBED, {"demographics": True}, lambda s: s.privacy.demographics),
        (Settings(), {"demographics": False}, lambda s: not s.privacy.demographics),
        (Settings(), {"paused": True}, lambda s: s.schedule.paused),
        (PAUSED, {"paused": False}, lambda s: s.schedule.paused),
        (Settings(), {"report_interval_ms": 10_000}, lambda s: s.interval_s == 10),
        (Settings(), {"report_interval_ms": 60_000}, lambda s: s.interval_s == 60),
        (FAST, {"report_interval_ms": 5_000}, lambda s: s.interval_s == 5),
        (FAST, {"heartbeat_interval_ms": 2_000}, lambda s: s.link.heartbeat_s == 2),
        (Settings(), {"thresholds": {"lost_after_s": 3}}, lambda s: s.tracking.lost_after_s == 3),
        (Settings(), {"heartbeat_interval_ms": 60_000}, lambda s: s.link.heartbeat_s == 60),
        (
            DAYTIME,
            {"schedule": hours("06:00", "12:00", "mon", "sun")},
            lambda s: (
                s.schedule.hours == (OpenHours(days=("mon",), opens="08:00", closes="12:00"),)
            ),
        ),
        (
            Settings(),
            {"schedule": hours("06:00", "12:00", "sun")},
            lambda s: (
                s.schedule.hours == (OpenHours(days=("sun",), opens="06:00", closes="12:00"),)
            ),
        ),
        (
            DAYTIME,
            {"schedule": {"time_zone": "Europe/London", "hours": []}},
            lambda s: s.schedule.hours == (DAY,),
        ),
    ],
)
def test_a_stricter_desired_limit_applies_and_local_values_stay(own, desired, used):
    assert used(apply_desired_config(own, desired))


@pytest.mark.parametrize(
    ("own", "desired", "reason"),
    [
        (Settings(), {"demographics": True}, "only the local settings may enable it"),
        (Settings(), {"report_interval_ms": 1_000}, "allow 10000 ms or more"),
        (FAST, {"report_interval_ms": 4_000}, "allow 5000 ms or more"),
        (Settings(), {"thresholds": {"lost_after_s": 0.1}}, "lost_after_s of 0.1.* allow 1.5"),
        (Settings(), {"thresholds": {"confirm_s": 0}}, "confirm_s of 0.* allow 0.6 or more"),
        (Settings(), {"heartbeat_interval_ms": 1_000}, "allow 10000 ms or more"),
        (DAYTIME, {"schedule": hours("20:00", "23:00", "mon")}, "no hour lies within"),
        (
            DAYTIME,
            {
                "schedule": {
                    "time_zone": "Asia/Tokyo",
                    "hours": hours("08:00", "09:00", "mon")["hours"],
                }
            },
            "hours are in Europe/London",
        ),
        (
            Settings(privacy=PrivacySettings(min_interval_s=30)),
            {"report_interval_ms": 20_000},
            "privacy.min_interval_s",
        ),
    ],
)
def test_a_looser_desired_limit_is_rejected_with_a_reason(own, desired, reason):
    with pytest.raises(ConfigError, match=reason):
        apply_desired_config(own, desired)


def test_no_remote_configuration_reaches_what_only_the_local_file_switches():
    desired = {
        "report_interval_ms": 10_000, "masks": [RIGHT], "analysed_fps": 30.0, "paused": False,
        "zones": [{"name": "left", "polygon": LEFT}],
    }  # fmt: skip
    own = Settings()
    settings = apply_desired_config(own, desired)
    for section in ("privacy", "recorder", "status", "snapshots", "fleet", "plays", "outbox"):
        assert getattr(settings, section) == getattr(own, section)
    assert settings.home_assistant == own.home_assistant


def test_hours_meet_by_day():
    early = OpenHours(days=("mon", "fri"), opens="00:00", closes="10:00")
    late = OpenHours(days=("fri",), opens="09:00", closes="24:00")
    assert intersect_hours((early, late), (late,)) == [
        ("fri", "09:00", "10:00"),
        ("fri", "09:00", "24:00"),
    ]
