"""Settings that change while a camera runs: no time is lost, and each report has its digest."""

import msgspec
import pytest

from edge_agent.capture.masked_camera import MaskedCamera
from edge_agent.settings.capture import CaptureSettings
from edge_agent.settings.perception import Zone
from edge_agent.settings.schedule import ScheduleSettings
from tests.edge_agent.agent_run import STEP_S, FrameSequence, audience_reports
from tests.edge_agent.unlimited_reports import without_threshold
from wire.audience import BlindCause

LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))


@pytest.fixture
def measured(agent, street, received):
    """Runs an agent on one person for some seconds, with changes of settings by second."""

    def measure(seconds, changes, settings=None):
        count = round(seconds / STEP_S)
        camera = FrameSequence([street(n / 5, [(60, 60)]) for n in range(count)])
        running = agent(MaskedCamera(camera, ()), settings or without_threshold(interval_s=10))
        for at_s, change in changes.items():
            camera.before[at_s] = lambda change=change: running.apply(change)
        running.run()
        return audience_reports(received)

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


def test_a_change_loses_no_time_and_counts_one_person_once(measured):
    reports = measured(35, {15.0: without_threshold(interval_s=5)})
    assert lengths_s(reports)[:4] == [10, 10, 5, 5]
    assert sum(report.observed_ms for report in reports) == 34_800
    assert sum(report.person_ms for report in reports) == 34_800
    assert sum(report.entries for report in reports) == 1
    assert sum(report.visits for report in reports) == 1


def test_a_change_at_the_end_of_an_interval_applies_to_the_next(measured):
    new = without_threshold(interval_s=10, capture=CaptureSettings(analysed_fps=10))
    reports = measured(30, {10.0: new})
    assert [report.versions.config == new.digest for report in reports] == [False, False, True]


def test_a_mask_applies_from_the_next_frame(measured):
    masked = without_threshold(interval_s=10, capture=CaptureSettings(masks=(LEFT_HALF,)))
    reports = measured(40, {20.0: masked})
    assert [report.person_ms > 0 for report in reports] == [True, True, False, False]


def test_a_new_zone_is_counted_from_the_next_interval(measured):
    zoned = without_threshold(interval_s=10, zones=(Zone(name="left", polygon=LEFT_HALF),))
    reports = measured(40, {15.0: zoned})
    assert ["left" in (report.zones or {}) for report in reports] == [False, False, True, True]
    assert reports[2].zones["left"].person_ms == 10_000


def test_a_pause_is_unobserved_time_and_ends(measured):
    paused = without_threshold(interval_s=10, schedule=ScheduleSettings(paused=True))
    reports = measured(40, {10.0: paused, 30.0: without_threshold(interval_s=10)})
    assert [report.blind_ms.get(BlindCause.PAUSED, 0) // 1000 for report in reports] == [
        0,
        9,
        10,
        0,
    ]


def test_the_status_has_the_digest_of_the_settings_in_effect(agent, street):
    settings = without_threshold()
    running = agent(FrameSequence([street(0.0)]), settings)
    assert running.status.digest == settings.digest
    changed = without_threshold(interval_s=10)
    running.apply(changed)
    assert running.status.digest == settings.digest  # not before the end of a frame
    running.run()
    assert running.status.digest == changed.digest
