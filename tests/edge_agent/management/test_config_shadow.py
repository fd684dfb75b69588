"""What a camera does with the fleet's wishes, told against the shadow engine of the service."""

import pytest

from edge_agent.perception.model_errors import ModelMissingError
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.capture import CaptureSettings
from edge_agent.settings.privacy import PrivacySettings
from wire.device_config import response_topics, shadow_topic
from wire.health import CaptureState
from wire.scalars import DeviceId

BAD_MASK = [[0.0, 0.0], [1.2, 0.0], [1.0, 1.0]]
NIGHT = {"days": ["mon"], "opens": "22:00", "closes": "06:00"}


def reported(stand, *names):
    return tuple(stand.fleet.reported.get(name) for name in names)


def test_a_camera_without_a_shadow_says_what_is_in_force(stand):
    stand.passes()
    assert stand.fleet.reported["report_interval_ms"] == 30_000
    assert stand.fleet.reported["digest"] == Settings().digest
    assert stand.fleet.reported["thresholds"]["looking_yaw_deg"] == 20.0


def test_a_wish_is_applied_tried_and_reported(stand):
    stand.passes()
    stand.fleet.desires({"report_interval_ms": 10_000, "analysed_fps": 3})
    stand.passes()
    ((settings, networks),) = stand.camera.applied
    assert (settings.interval_s, settings.capture.analysed_fps) == (10, 3.0)
    assert networks is None
    assert stand.fleet.shadow.delta == {}
    assert stand.fleet.reported["verdict"] == {"outcome": "applied", "version": 2, "reason": ""}
    assert stand.fleet.reported["digest"] == settings.digest


def test_everything_that_may_be_wished_for_has_its_place(stand):
    polygon = [[0.0, 0.0], [0.5, 0.0], [0.5, 0.5]]
    wish = {
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
    stand.fleet.desires(wish)
    stand.passes()
    settings = stand.keeper.settings
    assert stand.fleet.shadow.delta == {}
    assert stand.fleet.reported["verdict"]["outcome"] == "applied"
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
    ("wish", "reason"),
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
def test_a_hostile_wish_is_refused_as_a_whole_with_its_reason(stand, wish, reason):
    stand.passes()
    stand.fleet.desires(wish)
    stand.passes()
    assert stand.camera.applied == []
    verdict = stand.fleet.reported["verdict"]
    assert verdict["outcome"] == "rejected"
    assert reason in verdict["reason"]
    assert stand.fleet.reported["digest"] == Settings().digest


def test_a_wish_beyond_the_limit_is_refused(stand):
    point = [0.123456, 0.654321]
    stand.fleet.shadow = stand.fleet.shadow.__class__(
        {"desired": {"masks": [[point] * 64] * 9}}, {}, 1
    )
    stand.passes()
    assert stand.camera.applied == []
    assert stand.keeper._stored.last_outcome.outcome == "rejected"
    assert "the limit is 8192" in stand.keeper._stored.last_outcome.reason
    assert len(stand.fleet.line.said) < 10


@pytest.mark.parametrize("payload", [b"", b"{", b"[1]", b"\xff", b'"x"', b"[" * 5_000, b"null"])
def test_rubbish_on_the_line_changes_nothing(stand, payload):
    stand.passes()
    topic = stand.fleet.line.said[0][0]
    for end in ("/accepted", "/rejected"):
        stand.fleet.line.inbox.append((topic + end, payload))
    stand.passes()
    assert stand.camera.applied == []


def test_an_answer_to_somebody_else_s_question_is_not_believed(stand):
    stand.passes()
    topic = stand.fleet.line.said[0][0] + "/accepted"
    forged = b'{"state":{"desired":{"analysed_fps":1}},"version":99,"clientToken":"x"}'
    stand.fleet.line.inbox.append((topic, forged))
    stand.passes()
    assert stand.camera.applied == []


def test_a_change_that_stops_the_pictures_is_taken_back(stand):
    stand.passes()
    stand.camera.suffers = lambda settings: settings.capture.analysed_fps == 30
    stand.fleet.desires({"analysed_fps": 30})
    stand.passes(60)
    assert stand.camera.settings == stand.own
    assert stand.fleet.reported["verdict"] == {
        "outcome": "rolled-back",
        "version": 2,
        "reason": "no frames within 30 s",
    }
    assert stand.fleet.shadow.delta == {"analysed_fps": 30}


def test_a_change_under_which_the_models_fail_is_taken_back_at_once(stand):
    stand.passes()
    stand.fleet.desires({"thresholds": {"face": 0.1}})
    stand.passes(1)
    stand.camera.model_faults += 1
    stand.passes(3)
    assert stand.camera.settings == stand.own
    assert stand.fleet.reported["verdict"]["reason"] == "the models raise errors on frames"


def test_a_camera_that_was_blind_before_is_not_taken_back_for_it(stand):
    stand.camera.suffers = lambda settings: True
    stand.camera.capture = CaptureState.FAILED
    stand.fleet.desires({"report_interval_ms": 10_000})
    stand.passes()
    assert stand.fleet.reported["verdict"]["outcome"] == "applied"


def test_what_harmed_is_not_tried_again_until_the_wish_is_another(stand):
    stand.camera.suffers = lambda settings: settings.capture.analysed_fps == 30
    stand.fleet.desires({"analysed_fps": 30})
    stand.passes(60)
    stand.fleet.line.sessions += 1
    stand.passes(60)
    stand.start()
    stand.passes(60)
    assert len(stand.camera.applied) == 2  # there, and back
    stand.fleet.desires({"analysed_fps": 10})
    stand.passes()
    assert stand.fleet.reported["verdict"]["outcome"] == "applied"


def test_the_last_good_wish_holds_after_a_restart_without_the_fleet(stand):
    stand.fleet.desires({"report_interval_ms": 10_000})
    stand.passes()
    stand.fleet.line.connected = False
    stand.start()
    assert stand.keeper.settings.interval_s == 10


def test_a_wish_that_ended_the_agent_is_not_tried_again(stand):
    stand.passes()
    stand.fleet.desires({"analysed_px": 4096})
    stand.passes(1)
    assert stand.keeper.is_trying
    stand.start()
    assert stand.keeper.settings == stand.own
    stand.passes()
    assert stand.fleet.reported["verdict"]["reason"] == "the agent ended during the trial"
    assert len(stand.camera.applied) == 1


def test_a_config_under_trial_is_tried_again_after_an_ordered_restart(stand):
    stand.passes()
    stand.fleet.desires({"report_interval_ms": 10_000})
    stand.passes(1)
    assert stand.keeper.is_trying
    stand.keeper.suspend_trial()
    stand.start()
    assert stand.keeper.settings == stand.own
    stand.passes()
    assert stand.fleet.reported["verdict"]["outcome"] == "applied"
    assert stand.keeper.settings.interval_s == 10


def test_suspending_without_a_trial_changes_nothing(stand):
    stand.fleet.desires({"report_interval_ms": 10_000})
    stand.passes()
    before = stand.path.read_bytes()
    stand.keeper.suspend_trial()
    assert stand.path.read_bytes() == before


def test_a_wish_taken_back_returns_to_the_camera_s_own(stand):
    stand.own = Settings(capture=CaptureSettings(analysed_fps=4))
    stand.start()
    stand.fleet.desires({"analysed_fps": 9})
    stand.passes()
    assert stand.keeper.settings.capture.analysed_fps == 9
    stand.fleet.desires({"analysed_fps": None})
    stand.passes()
    assert stand.keeper.settings.capture.analysed_fps == 4
    assert stand.fleet.reported["analysed_fps"] == 4


def test_a_wish_of_the_time_without_a_connection_is_found_on_return(stand):
    stand.passes()
    stand.fleet.line.connected = False
    stand.fleet.desires({"report_interval_ms": 15_000})
    stand.fleet.line.inbox.clear()
    stand.passes()
    stand.fleet.line.connected = True
    stand.fleet.line.sessions += 1
    stand.passes()
    assert stand.keeper.settings.interval_s == 15


def test_a_wish_during_a_trial_is_judged_after_it(stand):
    stand.passes()
    stand.fleet.desires({"report_interval_ms": 10_000})
    stand.passes(1)
    stand.fleet.desires({"report_interval_ms": 20_000})
    stand.passes()
    assert [settings.interval_s for settings, _ in stand.camera.applied] == [10, 20]
    assert stand.fleet.shadow.delta == {}


def test_other_models_are_opened_before_and_a_missing_one_is_a_reason(stand):
    stand.passes()
    stand.fleet.desires({"analysed_px": 320})
    stand.passes()
    assert stand.camera.applied[0][1] == ("detector", "pose")
    stand.cannot_load = ModelMissingError("found no model named 'd-9'")
    stand.fleet.desires({"detector": "d-9"})
    stand.passes()
    assert stand.fleet.reported["verdict"]["outcome"] == "rejected"
    assert "d-9" in stand.fleet.reported["verdict"]["reason"]
    assert len(stand.camera.applied) == 1


def test_a_question_that_nobody_answers_is_asked_again_less_and_less_often(stand):
    stand.fleet.line.answer = lambda topic, body: []
    stand.passes(100)
    assert len(stand.fleet.line.said) == 4  # at 0, 10, 30 and 70 s


def test_a_conflict_of_versions_is_settled_by_asking_again(stand):
    stand.passes()
    answer = stand.fleet.line.answer

    def late(topic, body):
        if topic.endswith("/update") and "version" in body:
            stand.fleet.line.answer = answer
            stand.fleet.desires({"report_interval_ms": 20_000})  # somebody was quicker
        return answer(topic, body)

    stand.fleet.line.answer = late
    stand.fleet.desires({"report_interval_ms": 10_000})
    stand.passes(20)
    assert stand.keeper.settings.interval_s == 20
    assert stand.fleet.shadow.delta == {}


def test_a_wish_between_a_first_question_and_its_report_is_not_missed(stand):
    answer = stand.fleet.line.answer

    def late(topic, body):
        if topic.endswith("/update"):
            stand.fleet.line.answer = answer
            stand.fleet.desires({"report_interval_ms": 10_000})  # before there was any shadow
            word_of_it = [stand.fleet.line.inbox.popleft() for _ in range(2)]
            return [*answer(topic, body), *word_of_it]  # and the word comes late
        return answer(topic, body)

    stand.fleet.line.answer = late
    stand.passes()
    assert stand.keeper.settings.interval_s == 10


def test_a_report_that_has_no_room_is_shortened_once(stand):
    point = [0.1234567890123, 0.6543210987654]
    wish = {"masks": [[point] * 64] * 2}
    stand.fleet.desires(wish)
    stand.passes()
    assert stand.keeper.settings.capture.masks
    assert set(stand.fleet.reported) == {"digest", "verdict"}
    assert len(stand.fleet.line.said) < 10


def test_nothing_is_said_when_the_fleet_knows_it_all(stand):
    stand.fleet.desires({"report_interval_ms": 10_000})
    stand.passes()
    said = len(stand.fleet.line.said)
    stand.fleet.line.sessions += 1
    stand.passes()
    assert [topic.rpartition("/")[2] for topic, _ in stand.fleet.line.said[said:]] == ["get"]


def test_a_file_that_cannot_be_read_does_not_stop_the_camera(stand):
    stand.path.write_text("{torn")
    stand.start()
    stand.passes()
    assert stand.keeper.settings == stand.own


def test_a_wish_to_describe_people_is_refused_where_the_camera_does_not_allow_it(stand):
    stand.passes()
    stand.fleet.desires({"demographics": True})
    stand.passes()
    assert stand.camera.applied == []
    assert reported(stand, "verdict")[0]["outcome"] == "rejected"
    assert "only the local settings" in stand.fleet.reported["verdict"]["reason"]


def test_a_wish_to_describe_people_again_is_tried_on_the_networks_first(stand):
    stand.own = Settings(privacy=PrivacySettings(demographics=True))
    stand.start()
    stand.fleet.desires({"demographics": False})
    stand.passes(60)
    assert not stand.keeper.settings.privacy.demographics
    stand.cannot_load = ModelMissingError("found no network for demographics")
    stand.fleet.desires({"demographics": True})
    stand.passes()
    assert not stand.keeper.settings.privacy.demographics
    assert "found no network" in stand.fleet.reported["verdict"]["reason"]


def test_a_shadow_that_was_deleted_and_made_anew_is_heard_at_once(stand):
    stand.passes()
    stand.fleet.desires({"analysed_fps": 4})
    stand.passes(60)
    assert stand.keeper.settings.capture.analysed_fps == 4
    stand.fleet.shadow = stand.fleet.shadow.__class__()
    stand.fleet.desires({"analysed_fps": 6})  # version 1 again
    stand.passes(60)
    assert stand.keeper.settings.capture.analysed_fps == 6


def test_a_deletion_takes_the_wishes_out_of_force_at_once(stand):
    stand.passes()
    stand.fleet.desires({"analysed_fps": 4})
    stand.passes(60)
    stand.fleet.shadow = stand.fleet.shadow.__class__()
    topic = shadow_topic(DeviceId("kx-01-cam-1"), "delete/accepted", shadow="config")
    assert topic in response_topics(DeviceId("kx-01-cam-1"))
    stand.fleet.line.inbox.append((topic, b'{"version": 9}'))
    stand.passes(60)
    assert stand.keeper.settings == stand.own


def test_a_wish_that_the_cameras_own_settings_no_longer_allow_is_told_as_rejected(stand):
    stand.passes()
    stand.fleet.desires({"report_interval_ms": 10_000})
    stand.passes(60)
    stand.own = Settings(privacy=PrivacySettings(min_interval_s=30))
    stand.start()
    stand.passes()
    assert stand.keeper.settings == stand.own
    assert stand.fleet.reported["verdict"]["outcome"] == "rejected"
    assert stand.fleet.reported["report_interval_ms"] == 30_000
