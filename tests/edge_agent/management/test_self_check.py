"""A change is accepted when frames arrive and the models work; the agent is ready once."""

from types import SimpleNamespace

import pytest

from edge_agent.agent import AgentStatus
from edge_agent.management.self_check import ChangeCheck, ReadinessNotifier
from wire.health import CaptureState

OLD, NEW = "old-digest", "new-digest"


def status(digest=NEW, captured=0, faults=0, capture=CaptureState.STREAMING):
    return AgentStatus(digest, captured, faults, capture)


@pytest.fixture
def check():
    """A change that was requested at 100 s, while the camera delivered frames."""
    return ChangeCheck(status(OLD, captured=50, faults=2), NEW, 100.0)


def test_a_change_without_harm_is_accepted_two_seconds_after_it_is_in_effect(check):
    assert check.find_harm(status(OLD, 55, 2), 101.0) is None
    assert check.find_harm(status(NEW, 60, 2), 102.0) is None
    assert check.find_harm(status(NEW, 70, 2), 103.9) is None
    assert check.find_harm(status(NEW, 70, 2), 104.0) == ""


def test_fewer_than_three_new_frames_are_not_enough(check):
    check.find_harm(status(NEW, 60, 2), 101.0)
    assert check.find_harm(status(NEW, 62, 2), 110.0) is None
    assert check.find_harm(status(NEW, 63, 2), 111.0) == ""


def test_without_frames_the_change_fails_after_thirty_seconds(check):
    check.find_harm(status(NEW, 60, 2), 101.0)
    assert check.find_harm(status(NEW, 60, 2), 130.0) is None
    assert check.find_harm(status(NEW, 60, 2), 130.1) == "no frames within 30 s"


def test_a_change_that_does_not_take_effect_fails_after_thirty_seconds(check):
    assert check.find_harm(status(OLD, 90, 2), 130.0) is None
    assert check.find_harm(status(OLD, 99, 2), 130.1) == "not in effect after 30 s"


def test_a_new_model_error_fails_at_once_and_an_earlier_one_does_not(check):
    assert check.find_harm(status(NEW, 60, 2), 101.0) is None
    assert check.find_harm(status(NEW, 61, 3), 101.2) == "the models raise errors on frames"


@pytest.mark.parametrize("before", [CaptureState.FAILED, CaptureState.STALLED, CaptureState.PAUSED])
def test_a_camera_without_frames_before_the_change_needs_none_after_it(before):
    check = ChangeCheck(status(OLD, capture=before), NEW, 0.0)
    check.find_harm(status(NEW, capture=before), 1.0)
    assert check.find_harm(status(NEW, capture=before), 3.0) == ""


@pytest.mark.parametrize("now", [CaptureState.PAUSED, CaptureState.ENDED])
def test_a_camera_that_is_paused_or_has_ended_needs_no_frames(check, now):
    check.find_harm(status(NEW, 60, 2, now), 101.0)
    assert check.find_harm(status(NEW, 60, 2, now), 103.0) == ""


@pytest.fixture
def ready():
    """A notifier, its camera and link, and the number of notifications."""
    parts = SimpleNamespace(
        camera=SimpleNamespace(status=status(captured=3)),
        link=SimpleNamespace(connected=True),
        notified=0,
    )

    def notify():
        parts.notified += 1

    parts.notifier = ReadinessNotifier(parts.camera, parts.link, notify)
    return parts


def test_the_agent_is_ready_once(ready):
    for second in range(3):
        ready.notifier.pump(float(second))
    assert ready.notified == 1


@pytest.mark.parametrize(
    ("unready", "is_connected"),
    [
        (status(captured=2), True),
        (status(captured=9, faults=1), True),
        (status(captured=9), False),
        (status(capture=CaptureState.FAILED), True),
    ],
)
def test_without_frames_models_and_connection_it_is_not_ready(ready, unready, is_connected):
    ready.camera.status, ready.link.connected = unready, is_connected
    ready.notifier.pump(0.0)
    assert ready.notified == 0
    ready.camera.status, ready.link.connected = status(captured=3), True
    ready.notifier.pump(1.0)
    assert ready.notified == 1


def test_a_camera_outside_its_hours_is_ready_without_frames(ready):
    ready.camera.status = status(capture=CaptureState.PAUSED)
    ready.notifier.pump(0.0)
    assert ready.notified == 1
