"""Time in which the camera cannot measure is reported as unobserved, with its cause."""

import numpy as np

from edge_agent.capture.camera import ActivityLevel
from edge_agent.settings.loading import parse
from tests.edge_agent.agent_run import FrameSequence, RestingCamera, alarm_states, audience_reports
from wire.audience import BlindCause
from wire.envelope import AlarmEvent
from wire.health import AlarmState


def test_darkness_is_unobserved_time_and_not_an_empty_street(agent, street, received):
    dark = np.zeros((180, 320, 3), np.uint8)
    agent(FrameSequence([street(n / 5) if n < 50 else dark for n in range(150)])).run()
    (report,) = audience_reports(received)
    assert report.observed_ms == 10_000
    assert report.blind_ms == {BlindCause.DARK: 19_800}
    assert (report.entries, report.person_ms) == (0, 0)


def test_a_covered_lens_is_unobserved_time_and_not_an_empty_street(agent, received):
    agent(FrameSequence([np.full((180, 320, 3), 128, np.uint8)] * 20)).run()
    assert audience_reports(received)[0].blind_ms == {BlindCause.FLAT: 3_800}


def test_an_image_that_never_changes_is_frozen(agent, street, received):
    still = street(0.0)
    agent(FrameSequence([still] * 250)).run()
    blind = [report.blind_ms.get(BlindCause.FROZEN, 0) for report in audience_reports(received)]
    assert blind == [0, 19_800]


def test_a_camera_without_frames_is_offline_and_raises_one_alarm(agent, street, received):
    images = [street(n / 5) for n in range(10)] + [None] * 200 + [street(n / 5) for n in range(99)]
    agent(FrameSequence(images)).run()
    offline_ms = sum(r.blind_ms.get(BlindCause.OFFLINE, 0) for r in audience_reports(received))
    assert offline_ms == 40_000
    alarms = alarm_states(received)
    assert alarms == [("capture.failed", AlarmState.RAISED), ("capture.failed", AlarmState.CLEARED)]


LUNCH = """
[schedule]
time_zone = "Europe/London"
[[schedule.hours]]
days = ["mon"]
opens = "08:01"
closes = "08:02"
"""


def test_outside_its_hours_a_camera_is_paused_and_raises_no_alarm(agent, street, received):
    #  08:00 closed   08:01 open   08:02 closed; the same person stands there all the time
    camera = RestingCamera([street(n / 5, [(100, 60)]) for n in range(900)])
    agent(camera, parse(LUNCH)).run()
    paused = [report.blind_ms.get(BlindCause.PAUSED, 0) for report in audience_reports(received)]
    assert paused == [30_000, 30_000, 0, 0, 30_000, 29_800]
    assert [report.observed_ms for report in audience_reports(received)] == [
        0,
        0,
        30_000,
        30_000,
        0,
        0,
    ]
    assert sum(report.person_ms for report in audience_reports(received)) == 59_800
    assert sum(report.visits for report in audience_reports(received)) == 1
    assert [event for event in received if isinstance(event, AlarmEvent)] == []
    assert camera.activities[0] is camera.activities[-1] is ActivityLevel.OFF
