"""Settings that change under a running camera: nothing is lost, and reports say which is which."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from edge_agent.agent import Agent
from edge_agent.capture.camera import Counters
from edge_agent.capture.frame import Frame
from edge_agent.capture.masked_camera import MaskedCamera
from edge_agent.outbox import Outbox
from edge_agent.settings.capture import CaptureSettings
from edge_agent.settings.perception import Zone
from edge_agent.settings.schedule import ScheduleSettings
from edge_agent.transport.loopback import LoopbackLink
from tests.edge_agent.unlimited_reports import without_threshold
from wire.audience import BlindCause
from wire.envelope import AudienceEvent
from wire.health import CaptureState

EIGHT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
STEP_S = 0.2
LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))


class Reel:
    """Pictures by the second; something may happen just before one of them is handed out."""

    def __init__(self, pictures, before=None):
        self.name = "reel"
        self.state = CaptureState.STREAMING
        self.counters = Counters()
        self.before = before or {}
        self._pictures = pictures

    def close(self):
        pass

    def __iter__(self):
        for index, picture in enumerate(self._pictures):
            at_s = index * STEP_S
            self.before.pop(at_s, lambda: None)()
            self.counters.captured += 1
            yield Frame(picture, EIGHT + timedelta(seconds=at_s), at_s, index)


@pytest.fixture
def measured(address, detector, pose, street, tmp_path):
    """Reports of somebody who stands there for so many seconds, with changes on the way."""

    def measure(seconds, changes, settings=None):
        post = []
        outbox = Outbox(tmp_path / "outbox.sqlite3")
        count = round(seconds / STEP_S)
        reel = Reel([street(n / 5, [(60, 60)]) for n in range(count)])
        agent = Agent(
            settings or without_threshold(interval_s=10),
            address=address,
            camera=MaskedCamera(reel, ()),
            detector=detector,
            pose=pose,
            outbox=outbox,
            link=LoopbackLink(address, lambda event: post.append(event) or True),
        )
        for at_s, change in changes.items():
            reel.before[at_s] = lambda change=change: agent.apply(change)
        agent.run()
        outbox.close()
        return [event.data for event in post if isinstance(event, AudienceEvent)]

    return measure


def lengths_s(reports):
    return [(report.ends_at - report.starts_at).total_seconds() for report in reports]


def test_the_running_interval_keeps_its_digest_and_the_next_has_the_new_one(measured):
    #  old  |----------|-----:
    #  new                   :     |----------|------|
    #                        ^ 15 s
    old, new = without_threshold(interval_s=10), without_threshold(interval_s=10, zones=())
    new = msgspec.structs.replace(new, capture=CaptureSettings(analysed_fps=10))
    reports = measured(35, {15.0: new}, old)
    assert [report.versions.config for report in reports] == [
        old.digest,
        old.digest,
        new.digest,
        new.digest,
    ]
    assert lengths_s(reports)[:3] == [10, 10, 10]


def test_nothing_is_lost_and_whoever_stands_there_stays_one_person(measured):
    reports = measured(35, {15.0: without_threshold(interval_s=5)})
    assert lengths_s(reports)[:4] == [10, 10, 5, 5]
    assert sum(report.observed_ms for report in reports) == 34_800
    assert sum(report.person_ms for report in reports) == 34_800
    assert sum(report.entries for report in reports) == 1
    assert sum(report.visits for report in reports) == 1


def test_a_change_upon_an_interval_s_end_belongs_to_the_next(measured):
    new = without_threshold(interval_s=10, capture=CaptureSettings(analysed_fps=10))
    reports = measured(30, {10.0: new})
    assert [report.versions.config == new.digest for report in reports] == [False, False, True]


def test_a_mask_hides_from_the_next_picture_on(measured):
    masked = without_threshold(interval_s=10, capture=CaptureSettings(masks=(LEFT_HALF,)))
    reports = measured(40, {20.0: masked})
    assert [report.person_ms > 0 for report in reports] == [True, True, False, False]


def test_a_zone_that_comes_in_an_interval_counts_from_the_next(measured):
    zoned = without_threshold(interval_s=10, zones=(Zone(name="left", polygon=LEFT_HALF),))
    reports = measured(40, {15.0: zoned})
    assert ["left" in (report.zones or {}) for report in reports] == [False, False, True, True]
    assert reports[2].zones["left"].person_ms == 10_000


def test_a_pause_measures_nobody_and_ends(measured):
    paused = without_threshold(interval_s=10, schedule=ScheduleSettings(paused=True))
    reports = measured(40, {10.0: paused, 30.0: without_threshold(interval_s=10)})
    assert [report.blind_ms.get(BlindCause.PAUSED, 0) // 1000 for report in reports] == [
        0,
        9,
        10,
        0,
    ]


def test_the_pulse_says_what_is_in_force(address, detector, pose, street, tmp_path):
    settings = without_threshold()
    outbox = Outbox(tmp_path / "outbox.sqlite3")
    link = LoopbackLink(address, lambda _: True)
    agent = Agent(
        settings,
        address=address,
        camera=Reel([street(0.0)]),
        detector=detector,
        pose=pose,
        outbox=outbox,
        link=link,
    )
    assert agent.status.digest == settings.digest
    changed = without_threshold(interval_s=10)
    agent.apply(changed)
    assert agent.status.digest == settings.digest  # not before a picture's end
    agent.run()
    assert agent.status.digest == changed.digest
    outbox.close()
