"""The whole route on drawn film: from pictures in a file to reports that somebody receives."""

import math
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np
import pytest

from edge_agent.agent import Agent
from edge_agent.capture.camera import ActivityLevel, Counters
from edge_agent.capture.factory import open_camera
from edge_agent.capture.frame import Frame, FrameGap
from edge_agent.metering.interval_sums import IntervalSums
from edge_agent.outbox import Outbox, OutboxError
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.capture import CaptureSettings
from edge_agent.settings.loading import parse
from edge_agent.settings.transport import LinkSettings
from edge_agent.transport.loopback import LoopbackLink
from tests.edge_agent.unlimited_reports import without_threshold
from wire.audience import AudienceReport, BlindCause, SnapshotSum
from wire.envelope import AlarmEvent, AudienceEvent, HeartbeatEvent
from wire.health import AlarmState, CaptureState

EIGHT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


class Reel:
    """Pictures by the second, without a file. None stands for a picture that did not come."""

    def __init__(self, pictures, *, step_s=0.2):
        self.name = "reel"
        self.state = CaptureState.STREAMING
        self.counters = Counters()
        self._pictures = pictures
        self._step_s = step_s
        self.closed = False
        self.rests = []

    def close(self):
        self.closed = True

    def __iter__(self):
        for index, picture in enumerate(self._pictures):
            at_s = index * self._step_s
            if picture is None:
                yield FrameGap(EIGHT + timedelta(seconds=at_s), at_s)
            else:
                self.counters.captured += 1
                yield Frame(picture, EIGHT + timedelta(seconds=at_s), at_s, index)


@pytest.fixture
def outbox(tmp_path):
    box = Outbox(tmp_path / "outbox.sqlite3")
    yield box
    box.close()


@pytest.fixture
def post():
    """Everything that the cloud received."""
    return []


@pytest.fixture
def agent(address, detector, pose, outbox, post):
    def build(camera, settings=None, *, groups_only=False, **others):
        parts = {
            "address": address,
            "camera": camera,
            "detector": detector,
            "pose": pose,
            "outbox": outbox,
            "link": LoopbackLink(address, lambda event: post.append(event) or True),
        }
        told = settings if groups_only else without_threshold(settings)
        return Agent(told, **{**parts, **others})

    return build


def reports(post) -> list[AudienceReport]:
    return [event.data for event in post if isinstance(event, AudienceEvent)]


def test_two_people_before_the_screen_in_a_film(agent, film, street, post):
    #  first   |=========|             1.0 s to 5.0 s
    #  second        |=========|       3.0 s to 8.0 s
    def people(t):
        return [(60, 60)] * (1 <= t <= 5) + [(200, 80)] * (3 <= t <= 8)

    path = film(street(n / 10, people(n / 10)) for n in range(120))
    camera = open_camera(str(path), CaptureSettings(), speed=math.inf, starts_at=EIGHT)
    totals = agent(camera).run()
    (report,) = reports(post)
    assert (report.entries, report.visits, report.onlookers, report.peak) == (2, 2, 2, 2)
    assert report.person_ms == report.looking_ms == 4_000 + 5_000
    assert report.frames.captured == 120
    assert report.observed_ms == 11_800
    assert (report.starts_at, report.sequence.first) == (EIGHT, 1)
    assert totals.unacknowledged == 0


def test_speed_changes_nothing_that_is_measured(agent, film, street, post, tmp_path):
    path = film(street(n / 10, [(100, 60)] * (5 <= n <= 20)) for n in range(30))
    for name, speed in (("max", math.inf), ("thirty", 30.0)):
        camera = open_camera(str(path), CaptureSettings(), speed=speed, starts_at=EIGHT)
        box = Outbox(tmp_path / name)
        agent(camera, outbox=box).run()
        box.close()
    fast, slow = reports(post)
    assert fast.person_ms == slow.person_ms == 1_400
    assert (fast.observed_ms, fast.visits) == (slow.observed_ms, slow.visits)


def test_nobody_is_not_the_same_as_nothing_to_see(agent, street, post):
    dark = np.zeros((180, 320, 3), np.uint8)
    agent(Reel([street(n / 5) if n < 50 else dark for n in range(150)])).run()
    (report,) = reports(post)
    assert report.observed_ms == 10_000
    assert report.blind_ms == {BlindCause.DARK: 19_800}
    assert (report.entries, report.person_ms) == (0, 0)


def test_a_covered_lens_does_not_pass_for_an_empty_street(agent, post):
    agent(Reel([np.full((180, 320, 3), 128, np.uint8)] * 20)).run()
    assert reports(post)[0].blind_ms == {BlindCause.FLAT: 3_800}


def test_a_picture_that_never_changes_is_frozen(agent, street, post):
    still = street(0.0)
    agent(Reel([still] * 250)).run()
    blind = [report.blind_ms.get(BlindCause.FROZEN, 0) for report in reports(post)]
    assert blind == [0, 19_800]


def test_a_camera_without_pictures_is_offline_and_is_told_of_once(agent, street, post):
    pictures = (
        [street(n / 5) for n in range(10)] + [None] * 200 + [street(n / 5) for n in range(99)]
    )
    agent(Reel(pictures)).run()
    offline_ms = sum(r.blind_ms.get(BlindCause.OFFLINE, 0) for r in reports(post))
    assert offline_ms == 40_000
    alarms = [(e.data.kind, e.data.state) for e in post if isinstance(e, AlarmEvent)]
    assert alarms == [("capture.failed", AlarmState.RAISED), ("capture.failed", AlarmState.CLEARED)]


class Broken:
    """A model that fails on every third picture."""

    name, version = "broken", "1"

    def __init__(self, detector):
        self._detector, self._calls = detector, 0

    def faces(self, image):
        self._calls += 1
        if self._calls % 3 == 0:
            raise RuntimeError("the network fell over")
        return self._detector.faces(image)


def test_a_model_that_fails_now_and_then_does_not_stop_the_measuring(agent, street, detector, post):
    pictures = [street(n / 5, [(100, 60)]) for n in range(50)]
    totals = agent(Reel(pictures), detector=Broken(detector)).run()
    assert totals.model_faults == 16
    (report,) = reports(post)
    assert (report.visits, report.frames.analysed) == (1, 34)
    assert report.observed_ms == 33 * 200
    assert report.person_ms == 9_800


def test_a_still_viewer_is_watched_to_the_end(agent, street, post):
    #  stands like a statue for two minutes: moves nothing, is there all the time
    pictures = [street(n / 5, [(150, 70)] if n >= 25 else []) for n in range(625)]
    agent(Reel(pictures)).run()
    assert sum(report.person_ms for report in reports(post)) == 119_800
    assert sum(report.entries for report in reports(post)) == 1


def test_a_disk_that_refuses_a_while_loses_nothing(agent, street, outbox, post, monkeypatch):
    put, calls = outbox.put, []

    def sometimes(report_for, *, withheld=None):
        calls.append(1)
        if len(calls) < 50:
            raise OutboxError("disk full")
        return put(report_for, withheld=withheld)

    monkeypatch.setattr(outbox, "put", sometimes)
    agent(Reel([street(n / 5) for n in range(450)])).run()
    assert [report.sequence.first for report in reports(post)] == [1, 2, 3]
    assert sum(report.observed_ms for report in reports(post)) == 89_800


def test_a_disk_that_cannot_even_be_read_does_not_stop_the_measuring(
    agent, street, outbox, post, monkeypatch, caplog
):
    def fails(*_numbers, **_others):
        raise OutboxError("the disk is gone")

    monkeypatch.setattr(outbox, "unacknowledged", fails)
    totals = agent(Reel([street(n / 5) for n in range(200)])).run(drain_s=0)
    assert (totals.reports, totals.captured) == (2, 200)
    assert [record.message for record in caplog.records].count("outbox.failed") == 1
    alarms = [record.kind for record in caplog.records if record.message == "alarm"]
    assert alarms == ["outbox.failed"]


def test_a_report_that_contradicts_itself_does_not_cost_the_next(
    agent, street, post, monkeypatch, caplog
):
    whole, made = IntervalSums.report, []

    def wrong_at_first(tally, *others):
        made.append(tally)
        if len(made) == 1:
            raise ValueError("more onlookers than visits")
        return whole(tally, *others)

    monkeypatch.setattr(IntervalSums, "report", wrong_at_first)
    agent(Reel([street(n / 5) for n in range(450)])).run()
    assert [report.sequence.first for report in reports(post)] == [1, 2]
    reasons = [getattr(record, "reason", "") for record in caplog.records]
    assert "more onlookers than visits" in reasons


def test_a_cloud_that_is_not_there_leaves_the_reports_on_disk(agent, street, address, outbox):
    deaf = LoopbackLink(address, lambda event: False)
    totals = agent(Reel([street(n / 5) for n in range(200)]), link=deaf).run(drain_s=0)
    assert totals.unacknowledged == outbox.depth == 2


class Woken(Reel):
    """Its clock starts in 1970 and is set after fifty seconds."""

    def __iter__(self):
        for moment in super().__iter__():
            if moment.elapsed_s < 50:
                moment.captured_at -= EIGHT - datetime(1970, 1, 1, tzinfo=UTC)
            yield moment


def test_a_clock_that_is_set_late_dates_what_was_measured_before(agent, street, post, outbox):
    #  steady  0 s         30 s        50 s  60 s
    #  civil   1970 ...................|  08:00:50
    #  reports |-----1-----|-----2------|--3--|
    agent(Woken([street(n / 5) for n in range(350)])).run()
    seconds = [(r.starts_at - EIGHT, r.ends_at - EIGHT) for r in reports(post)]
    expected = [(0, 30), (30, 50), (50, 60), (60, 69.8)]
    assert seconds == [(timedelta(seconds=a), timedelta(seconds=b)) for a, b in expected]
    assert [r.sequence.first for r in reports(post)] == [1, 2, 3, 4]
    assert (sum(r.observed_ms for r in reports(post)), outbox.has_undated) == (69_800, False)
    alarms = [(e.data.kind, e.data.state) for e in post if isinstance(e, AlarmEvent)]
    assert alarms == [("clock.unset", AlarmState.RAISED), ("clock.unset", AlarmState.CLEARED)]


def test_what_an_earlier_run_could_not_date_lies_before_this_one(agent, street, post, outbox):
    dateless = Woken([street(n / 5) for n in range(100)])
    agent(dateless).run(drain_s=0)
    assert (reports(post), outbox.has_undated) == ([], True)
    agent(Reel([street(n / 5) for n in range(100)])).run()
    earlier, later = reports(post)
    assert (earlier.ends_at, later.starts_at) == (EIGHT, EIGHT)
    assert earlier.observed_ms == 19_800


def test_a_clock_minutes_from_the_clouds_is_told_of(agent, street, post, address):
    cloud = LoopbackLink(address, lambda event: post.append(event) or True, clock=lambda: EIGHT)
    late = EIGHT + timedelta(minutes=4)
    settings = Settings(link=LinkSettings(heartbeat_s=1))
    camera = Reel([street(n / 5) for n in range(500)])
    ticks = iter(range(100_000))
    agent(camera, settings, link=cloud, clock=lambda: late, steady=lambda: next(ticks) * 0.1).run()
    alarms = [e.data.kind for e in post if isinstance(e, AlarmEvent)]
    assert alarms == ["clock.wrong"]
    beats = [event.data for event in post if isinstance(event, HeartbeatEvent)]
    assert (beats[0].figures.clock_ahead_ms, beats[-1].figures.clock_ahead_ms) == (None, 240_000)


class Thermometer:
    """Its third reading has a picture for a name."""

    def __init__(self):
        self.taken = 0

    def take_readings(self):
        self.taken += 1
        return [("iVBORw0KGgoAAAANSUhEUg" if self.taken == 3 else "temperature_c", 21_500)]


def test_what_may_not_leave_is_left_out_and_told_of(agent, street, post):
    camera = Reel([street(n / 5) for n in range(450)])
    totals = agent(camera, sensors=[Thermometer()]).run()
    first, second, third = reports(post)
    assert (first.sensors, first.versions.agent) == ({}, "withheld")
    assert second.sensors["temperature_c"].samples == 150
    assert sum(r.observed_ms for r in (first, second, third)) == totals.observed_ms == 89_800
    alarms = [(e.data.kind, e.data.state) for e in post if isinstance(e, AlarmEvent)]
    assert alarms[0] == ("privacy.refused", AlarmState.RAISED)
    assert not [event for event in post if "iVBOR" in repr(event)]


class Onlooker:
    """Sees until it falls."""

    def __init__(self, falls_at=10**9):
        self.seen, self.closed, self._falls_at = [], False, falls_at

    def see(self, frame, heads):
        if len(self.seen) == self._falls_at:
            raise RuntimeError("fell")
        self.seen.append(heads)

    def close(self):
        self.closed = True


def test_who_looks_on_sees_every_picture_and_may_fall(agent, street, post, caplog):
    steady, shaky = Onlooker(), Onlooker(falls_at=7)
    camera = Reel([street(n / 5, [(100, 60)] * (10 <= n <= 20)) for n in range(50)])
    totals = agent(camera, observers=[steady, shaky]).run()
    assert (len(steady.seen), len(shaky.seen)) == (50, 7)
    assert steady.closed
    assert totals.captured == 50
    there = [heads for heads in steady.seen if heads]
    assert len(there) >= 11
    assert all((100.0, 60.0, 130.0, 90.0) in heads for heads in there[:11])
    assert [record.message for record in caplog.records].count("observer.failed") == 1


class Drowsy(Reel):
    """Rests when it is told to: then only every tenth picture comes, and silences that say so."""

    resting = False
    rest_after_s = 0.0

    def set_activity(self, activity):
        self.rests.append(activity)
        self.resting = activity is ActivityLevel.KEY_PICTURES

    def __iter__(self):
        for moment in super().__iter__():
            if self.resting and moment.index % 10:
                yield FrameGap(moment.captured_at, moment.elapsed_s, resting=True)
            else:
                yield moment


def test_a_camera_that_rests_is_neither_blind_nor_slow_to_wake(agent, street, post):
    #  nobody for 30 s (rests after 5 s), then somebody from 30 s to 40 s, then nobody
    pictures = [street(n / 5, [(100, 60)] * (150 <= n <= 200)) for n in range(300)]
    camera = Drowsy(pictures)
    camera.rest_after_s = 5.0
    totals = agent(camera, parse("[capture]\nrest_after_s = 5\n")).run()
    assert totals.observed_ms == 59_800
    assert totals.blind_ms == {}
    assert totals.entries == totals.visits == 1
    assert totals.person_ms == 10_000
    assert totals.analysed < 130
    assert camera.resting


class Thrifty(Reel):
    """Counts how many pictures were asked for in colour."""

    coloured = 0

    def __iter__(self):
        for moment in super().__iter__():
            yield Frame(
                partial(self.colour, moment.image), moment.captured_at, moment.elapsed_s,
                moment.index, luma=partial(self.grey, moment.image),
            )  # fmt: skip

    def colour(self, image):
        self.coloured += 1
        return image

    def grey(self, image):
        return image[:, :, 0]


def test_only_pictures_that_the_detector_sees_are_converted_to_colours(agent, street):
    camera = Thrifty([street(n / 5, [(100, 60)] * (50 <= n < 60)) for n in range(150)])
    totals = agent(camera).run()
    assert 10 < totals.analysed < 80
    assert camera.coloured == totals.analysed


class TwoStreams(Reel):
    """Shows the small stream while it dozes; the large one comes a picture after it was woken."""

    rest_after_s = 2.0
    coarse = 0
    awake = False

    def set_activity(self, activity):
        self.rests.append(activity)

    def __iter__(self):
        for moment in super().__iter__():
            was_awake, self.awake = self.awake, self.rests[-1:] != [ActivityLevel.KEY_PICTURES]
            if was_awake and self.awake:
                yield moment
                continue
            self.coarse += 1
            small, at = moment.image[::2, ::2], (moment.captured_at, moment.elapsed_s)
            yield Frame(small, *at, moment.index, is_coarse=True)


def test_with_two_streams_whole_pictures_are_asked_for_when_somebody_comes(agent, street, post):
    #  nobody for 30 s, somebody from 30 s to 40 s, nobody; a look every 5 s whatever happens
    pictures = [street(n / 5, [(100, 60)] * (150 <= n <= 200)) for n in range(300)]
    camera = TwoStreams(pictures)
    totals = agent(camera).run()
    assert (totals.entries, totals.visits) == (1, 1)
    assert totals.person_ms >= 9_600
    assert totals.observed_ms == 59_800
    assert camera.coarse > 200
    assert camera.rests[-1] is ActivityLevel.KEY_PICTURES


LUNCH = """
[schedule]
time_zone = "Europe/London"
[[schedule.hours]]
days = ["mon"]
opens = "08:01"
closes = "08:02"
"""


def test_outside_its_hours_a_camera_is_paused_and_neither_blind_nor_empty(agent, street, post):
    #  08:00 closed   08:01 open   08:02 closed; the same person stands there all the time
    camera = Drowsy([street(n / 5, [(100, 60)]) for n in range(900)])
    agent(camera, parse(LUNCH)).run()
    paused = [report.blind_ms.get(BlindCause.PAUSED, 0) for report in reports(post)]
    assert paused == [30_000, 30_000, 0, 0, 30_000, 29_800]
    assert [report.observed_ms for report in reports(post)] == [0, 0, 30_000, 30_000, 0, 0]
    assert sum(report.person_ms for report in reports(post)) == 59_800
    assert sum(report.visits for report in reports(post)) == 1
    assert [event for event in post if isinstance(event, AlarmEvent)] == []
    assert camera.rests[0] is camera.rests[-1] is ActivityLevel.OFF


def test_a_snapshot_is_the_picture_with_most_people_of_its_half_minute(agent, street, post):
    #  0 s to 30 s: one person all the time, three for two seconds; then nobody
    def people(n):
        return [(40, 20)] * (n < 150) + [(120, 60), (200, 80)] * (60 <= n < 70)

    pictures = [street(n / 5, people(n)) for n in range(451)]
    totals = agent(Reel(pictures), parse("[snapshots]\nevery_s = 30")).run()
    assert [report.snapshots for report in reports(post)][:3] == [
        SnapshotSum(taken=1, people=3, facing=3, looking=3),
        SnapshotSum(taken=1, people=0, facing=0, looking=0),
        SnapshotSum(taken=1, people=0, facing=0, looking=0),
    ]
    assert totals.analysed == 9  # three candidates each
    assert (totals.observed_ms, totals.person_ms, totals.visits, totals.entries) == (0, 0, 0, 0)


def test_between_snapshots_blind_time_is_still_told(agent, street, post):
    dark = np.zeros((180, 320, 3), np.uint8)
    pictures = [street(n / 5) if n < 50 else dark for n in range(150)]
    agent(Reel(pictures), parse("[snapshots]\nevery_s = 30")).run()
    assert reports(post)[0].blind_ms == {BlindCause.DARK: 19_800}


ZONES = """
[[zones]]
name = "left"
polygon = [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]
[[zones]]
name = "everywhere"
polygon = [[0, 0], [1, 0], [1, 1], [0, 1]]
"""


def test_zones_count_who_came_in_and_how_long_they_stayed(agent, street, post):
    #  one stands on the left for 10 s, another walks from the left to the right within 8 s
    def people(n):
        return [(40, 20)] * (n <= 50) + [(min(60 + 5 * n, 260), 100)] * (n <= 40)

    agent(Reel([street(n / 5, people(n)) for n in range(100)]), parse(ZONES)).run()
    (report,) = reports(post)
    left, everywhere = report.zones["left"], report.zones["everywhere"]
    assert (report.entries, left.entries, everywhere.entries) == (2, 2, 2)
    assert report.person_ms == everywhere.person_ms == 18_000
    assert (
        left.person_ms == left.looking_ms == 10_000 + 3_600
    )  # a place holds until the next picture


def test_heartbeats_tell_the_state_and_keep_their_time(agent, street, post):
    ticks = iter(range(10_000))
    settings = without_threshold(link=LinkSettings(heartbeat_s=30))
    camera = Reel([street(n / 5) for n in range(100)])
    agent(camera, settings, steady=lambda: next(ticks) * 0.25, clock=lambda: EIGHT).run()
    beats = [event.data for event in post if isinstance(event, HeartbeatEvent)]
    assert len(beats) >= 2
    assert beats[0].capture is CaptureState.STREAMING
    assert beats[-1].frames_captured > beats[0].frames_captured
    assert beats[0].versions.config == settings.digest
    assert beats[0].oldest_sequence == 1
    assert beats[0].rss_bytes > 10_000_000
    gate = beats[-1].gate
    assert 0 < gate.by_track + gate.by_motion + gate.by_heartbeat <= gate.sampled


def test_heartbeats_do_not_tell_for_how_long_somebody_alone_was_followed(agent, street, post):
    ticks = iter(range(10_000))
    settings = Settings(link=LinkSettings(heartbeat_s=30))
    camera = Reel([street(n / 5) for n in range(100)])
    parts = {"steady": lambda: next(ticks) * 0.25, "clock": lambda: EIGHT}
    agent(camera, settings, groups_only=True, **parts).run()
    beats = [event.data for event in post if isinstance(event, HeartbeatEvent)]
    assert beats[-1].gate.sampled > 0
    for beat in beats:
        gate = beat.gate
        followed = beat.frames_analysed, gate.by_track, gate.by_motion, gate.by_heartbeat
        assert followed == (0, 0, 0, 0)


def test_a_stop_ends_the_visit_and_seals_the_interval(agent, street, post):
    class Stopping:
        """A wish to stop that comes with the fiftieth picture."""

        pictures = 0

        def is_set(self):
            self.pictures += 1
            return self.pictures >= 50

    camera = Reel(street(n / 5, [(100, 60)]) for n in range(10_000))
    agent(camera).run(Stopping())
    (report,) = reports(post)
    assert camera.closed
    assert (report.visits, report.person_ms) == (1, 9_800)


FORBIDDEN = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {
            "cloud", "boto3", "fastapi", "pandas", "prophet", "sqlalchemy", "torch", "scipy"
        }:
            raise ImportError(f"the camera does not carry {name}")
sys.meta_path.insert(0, Refuse())
import edge_agent.commands.main
"""


def test_the_agent_starts_where_no_cloud_library_can_be_imported():
    done = subprocess.run([sys.executable, "-c", FORBIDDEN], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
