"""An agent measures the audience in drawn videos: from images to the reports received."""

import math

from edge_agent.capture.factory import open_camera
from edge_agent.outbox import Outbox
from edge_agent.settings.capture import CaptureSettings
from edge_agent.settings.loading import parse
from tests.edge_agent.agent_run import EIGHT, FrameSequence, audience_reports


def test_two_people_before_the_screen_are_measured(agent, film, street, received):
    #  first   |=========|             1.0 s to 5.0 s
    #  second        |=========|       3.0 s to 8.0 s
    def people(t):
        return [(60, 60)] * (1 <= t <= 5) + [(200, 80)] * (3 <= t <= 8)

    path = film(street(n / 10, people(n / 10)) for n in range(120))
    camera = open_camera(str(path), CaptureSettings(), speed=math.inf, starts_at=EIGHT)
    totals = agent(camera).run()
    (report,) = audience_reports(received)
    assert (report.entries, report.visits, report.onlookers, report.peak) == (2, 2, 2, 2)
    assert report.person_ms == report.looking_ms == 4_000 + 5_000
    assert report.frames.captured == 120
    assert report.observed_ms == 11_800
    assert (report.starts_at, report.sequence.first) == (EIGHT, 1)
    assert totals.unacknowledged == 0


def test_the_playback_speed_does_not_change_the_measurement(
    agent, film, street, received, tmp_path
):
    path = film(street(n / 10, [(100, 60)] * (5 <= n <= 20)) for n in range(30))
    for name, speed in (("max", math.inf), ("thirty", 30.0)):
        camera = open_camera(str(path), CaptureSettings(), speed=speed, starts_at=EIGHT)
        box = Outbox(tmp_path / name)
        agent(camera, outbox=box).run()
        box.close()
    fast, slow = audience_reports(received)
    assert fast.person_ms == slow.person_ms == 1_400
    assert (fast.observed_ms, fast.visits) == (slow.observed_ms, slow.visits)


def test_a_person_who_stands_still_is_measured_to_the_end(agent, street, received):
    #  one person stands still for two minutes
    images = [street(n / 5, [(150, 70)] if n >= 25 else []) for n in range(625)]
    agent(FrameSequence(images)).run()
    assert sum(report.person_ms for report in audience_reports(received)) == 119_800
    assert sum(report.entries for report in audience_reports(received)) == 1


ZONES = """
[[zones]]
name = "left"
polygon = [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]
[[zones]]
name = "everywhere"
polygon = [[0, 0], [1, 0], [1, 1], [0, 1]]
"""


def test_zones_count_entries_and_time(agent, street, received):
    #  one stands on the left for 10 s, another walks from the left to the right within 8 s
    def people(n):
        return [(40, 20)] * (n <= 50) + [(min(60 + 5 * n, 260), 100)] * (n <= 40)

    agent(FrameSequence([street(n / 5, people(n)) for n in range(100)]), parse(ZONES)).run()
    (report,) = audience_reports(received)
    left, everywhere = report.zones["left"], report.zones["everywhere"]
    assert (report.entries, left.entries, everywhere.entries) == (2, 2, 2)
    assert report.person_ms == everywhere.person_ms == 18_000
    assert (
        left.person_ms == left.looking_ms == 10_000 + 3_600
    )  # a position holds until the next image


class FailingDetector:
    """Raises an error on every third image."""

    name, version = "broken", "1"

    def __init__(self, detector):
        self._detector, self._calls = detector, 0

    def faces(self, image):
        self._calls += 1
        if self._calls % 3 == 0:
            raise RuntimeError("inference failed")
        return self._detector.faces(image)


def test_a_model_that_fails_on_some_frames_does_not_stop_the_measurement(
    agent, street, detector, received
):
    images = [street(n / 5, [(100, 60)]) for n in range(50)]
    totals = agent(FrameSequence(images), detector=FailingDetector(detector)).run()
    assert totals.model_faults == 16
    (report,) = audience_reports(received)
    assert (report.visits, report.frames.analysed) == (1, 34)
    assert report.observed_ms == 33 * 200
    assert report.person_ms == 9_800


def test_a_stop_ends_the_visit_and_closes_the_interval(agent, street, received):
    class Stopping:
        """Set at the fiftieth frame."""

        images = 0

        def is_set(self):
            self.images += 1
            return self.images >= 50

    camera = FrameSequence(street(n / 5, [(100, 60)]) for n in range(10_000))
    agent(camera).run(Stopping())
    (report,) = audience_reports(received)
    assert camera.closed
    assert (report.visits, report.person_ms) == (1, 9_800)
