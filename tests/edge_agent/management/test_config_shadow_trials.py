"""A config is tried before it is kept: a camera that fails under it goes back to the last one."""

from wire.health import CaptureState


def test_a_config_that_stops_the_frames_is_rolled_back(device):
    device.advance()
    device.camera.fails_under = lambda settings: settings.capture.analysed_fps == 30
    device.service.set_desired({"analysed_fps": 30})
    device.advance(60)
    assert device.camera.settings == device.own
    assert device.service.reported["config_outcome"] == {
        "outcome": "rolled-back",
        "version": 2,
        "reason": "no frames within 30 s",
    }
    assert device.service.shadow.delta == {"analysed_fps": 30}


def test_a_config_under_which_the_models_fail_is_rolled_back_at_once(device):
    device.advance()
    device.service.set_desired({"thresholds": {"face": 0.1}})
    device.advance(1)
    device.camera.model_faults += 1
    device.advance(3)
    assert device.camera.settings == device.own
    assert (
        device.service.reported["config_outcome"]["reason"] == "the models raise errors on frames"
    )


def test_a_camera_that_failed_before_the_change_is_not_rolled_back(device):
    device.camera.fails_under = lambda settings: True
    device.camera.capture = CaptureState.FAILED
    device.service.set_desired({"report_interval_ms": 10_000})
    device.advance()
    assert device.service.reported["config_outcome"]["outcome"] == "applied"


def test_a_rolled_back_config_is_not_tried_again_until_it_changes(device):
    device.camera.fails_under = lambda settings: settings.capture.analysed_fps == 30
    device.service.set_desired({"analysed_fps": 30})
    device.advance(60)
    device.service.link.sessions += 1
    device.advance(60)
    device.start()
    device.advance(60)
    assert len(device.camera.applied) == 2  # there, and back
    device.service.set_desired({"analysed_fps": 10})
    device.advance()
    assert device.service.reported["config_outcome"]["outcome"] == "applied"


def test_the_last_applied_config_is_used_after_a_restart_without_a_connection(device):
    device.service.set_desired({"report_interval_ms": 10_000})
    device.advance()
    device.service.link.connected = False
    device.start()
    assert device.config_shadow.settings.interval_s == 10


def test_a_config_that_ended_the_agent_is_not_tried_again(device):
    device.advance()
    device.service.set_desired({"analysed_px": 4096})
    device.advance(1)
    assert device.config_shadow.is_trying
    device.start()
    assert device.config_shadow.settings == device.own
    device.advance()
    assert device.service.reported["config_outcome"]["reason"] == "the agent ended during the trial"
    assert len(device.camera.applied) == 1


def test_a_config_under_trial_is_tried_again_after_an_ordered_restart(device):
    device.advance()
    device.service.set_desired({"report_interval_ms": 10_000})
    device.advance(1)
    assert device.config_shadow.is_trying
    device.config_shadow.suspend_trial()
    device.start()
    assert device.config_shadow.settings == device.own
    device.advance()
    assert device.service.reported["config_outcome"]["outcome"] == "applied"
    assert device.config_shadow.settings.interval_s == 10


def test_suspending_without_a_trial_changes_nothing(device):
    device.service.set_desired({"report_interval_ms": 10_000})
    device.advance()
    before = device.path.read_bytes()
    device.config_shadow.suspend_trial()
    assert device.path.read_bytes() == before


def test_a_desired_config_set_during_a_trial_is_tried_after_it(device):
    device.advance()
    device.service.set_desired({"report_interval_ms": 10_000})
    device.advance(1)
    device.service.set_desired({"report_interval_ms": 20_000})
    device.advance()
    assert [settings.interval_s for settings, _ in device.camera.applied] == [10, 20]
    assert device.service.shadow.delta == {}
