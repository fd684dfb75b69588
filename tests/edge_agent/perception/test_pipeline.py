"""A frame passes quality, motion gate, detection and tracking; faults and gaps are unobserved."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from edge_agent.capture.frame import Frame, FrameGap
from edge_agent.perception.attention import Attention
from edge_agent.perception.pipeline import FramePipeline
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.loading import parse
from wire.audience import BlindCause

EIGHT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ALWAYS = "[motion]\nalways = true\n"
PERSON = (100, 60)


class Clip:
    """Frames of the street, five a second."""

    def __init__(self, street, pipeline):
        self.street, self.pipeline = street, pipeline
        self.at_s = 0.0

    def frame(self, *people, image=None, is_coarse=False):
        image = self.street(self.at_s, people) if image is None else image
        at = EIGHT + timedelta(seconds=self.at_s)
        index = round(self.at_s * 5)
        self.at_s = round(self.at_s + 0.2, 1)
        return Frame(image, at, index / 5, index, is_coarse=is_coarse)

    def play(self, frames, *people):
        """The observation of the last of some frames."""
        for _ in range(frames):
            seen = self.pipeline.process(self.frame(*people))
        return seen

    def gap(self, *, resting=False):
        return FrameGap(EIGHT + timedelta(seconds=self.at_s), self.at_s, resting=resting)


@pytest.fixture
def clip(street, detector, pose):
    """Plays frames through a pipeline with these settings."""

    def begin(text=ALWAYS, *, find=detector, estimate=pose):
        return Clip(street, FramePipeline(parse(text), find, estimate))

    return begin


def test_a_face_becomes_a_sighting_that_is_confirmed_in_time(clip):
    played = clip()
    first = played.play(1, PERSON)
    assert (first.view.observed, first.analysed) == (True, 1)
    (sighting,) = first.seen
    assert (sighting.track, sighting.confirmed) == (1, False)
    assert first.heads == [(100.0, 60.0, 130.0, 90.0)]
    (later,) = played.play(5, PERSON).seen
    assert (later.track, later.confirmed, later.attention) == (1, True, Attention.LOOKING)


def test_a_person_who_has_left_ends_as_a_track_and_is_expected_until_then(clip):
    played = clip()
    played.play(6, PERSON)
    gone = played.play(1)
    assert (list(gone.seen), list(gone.ended), len(gone.heads)) == ([], [], 1)
    assert played.play(6).ended == []  # 1.4 s after the last hit
    assert played.play(1).ended == [1]
    assert played.play(1).heads == []


@pytest.mark.parametrize(
    ("level", "cause"),
    [(0, BlindCause.DARK), (255, BlindCause.OVEREXPOSED), (120, BlindCause.FLAT)],
)
def test_a_picture_without_visibility_is_unobserved_and_not_analysed(clip, level, cause):
    played = clip()
    image = np.full((180, 320, 3), level, np.uint8)
    seen = played.pipeline.process(played.frame(image=image))
    assert (seen.view.observed, seen.view.cause) == (False, cause)
    assert (seen.analysed, seen.heads) == (0, None)


def test_without_motion_the_detector_does_not_run_and_the_time_is_observed(clip):
    played = clip("[motion]\nheartbeat_s = 60\n")
    seen = played.play(20)
    assert (seen.view.observed, seen.analysed, seen.heads) == (True, 0, None)
    assert played.pipeline.is_still(played.at_s, for_s=3)
    assert not played.pipeline.is_still(played.at_s, for_s=10)
    assert 0 < played.pipeline.gate.by_heartbeat < 4


def test_a_coarse_picture_with_motion_requests_a_full_one(clip):
    played = clip()
    coarse = played.pipeline.process(played.frame(PERSON, is_coarse=True))
    assert (coarse.opens_gate, coarse.analysed) == (True, 0)
    assert played.play(1, PERSON).analysed == 1


def test_a_gap_is_offline_and_a_resting_gap_continues_the_state_before(clip):
    played = clip()
    played.play(1)
    assert played.pipeline.process_gap(played.gap(resting=True)).view.observed
    offline = played.pipeline.process_gap(played.gap())
    assert (offline.view.observed, offline.view.cause) == (False, BlindCause.OFFLINE)
    again = played.pipeline.process_gap(played.gap(resting=True))
    assert again.view.cause is BlindCause.OFFLINE


def test_a_pause_ends_every_track(clip):
    played = clip()
    played.play(2, PERSON, (200, 60))
    paused = played.pipeline.pause()
    assert (paused.view.cause, sorted(paused.ended)) == (BlindCause.PAUSED, [1, 2])
    assert played.pipeline.pause().ended == []


class Faulty:
    """A detector and head pose that raise an error until they are repaired."""

    name, version = "faulty", "1"
    repaired = False

    def faces(self, image):
        if not self.repaired:
            raise RuntimeError("bad tensor")
        return []

    def poses(self, image, faces):
        return []  # one pose for each face is required


def test_a_model_error_is_counted_logged_once_and_the_time_is_unobserved(clip, caplog):
    faulty = Faulty()
    played = clip(find=faulty)
    seen = played.play(3)
    assert (seen.view.observed, seen.view.cause, seen.analysed) == (False, None, 0)
    assert (played.pipeline.model_faults, played.pipeline.models_failing) == (3, True)
    assert [record.message for record in caplog.records] == ["models.failed"]
    faulty.repaired = True
    assert played.play(1).view.observed
    assert not played.pipeline.models_failing


def test_fewer_poses_than_faces_are_a_model_error(clip, caplog):
    played = clip(estimate=Faulty())
    assert not played.play(1, PERSON).view.observed
    assert str(caplog.records[0].exc_info[1]) == "0 poses for 1 faces"


def test_other_networks_and_settings_apply_from_the_next_picture_and_tracks_stay(
    clip, detector, pose
):
    played = clip(find=Faulty())
    played.play(1)
    left = "[[zones]]\nname = 'left'\npolygon = [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]\n"
    played.pipeline.apply_settings(parse(ALWAYS + left), (detector, pose))
    seen = played.play(1, PERSON)
    assert (seen.view.observed, seen.seen[0].zones) == (True, ("left",))
    assert played.pipeline.model_faults == 1
    played.pipeline.apply_settings(parse(ALWAYS), None)
    assert [(one.track, one.zones) for one in played.play(1, PERSON).seen] == [(1, ())]


def test_zones_of_a_person_are_those_of_the_settings(clip):
    left = "[[zones]]\nname = 'left'\npolygon = [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]\n"
    played = clip(ALWAYS + left)
    seen = played.play(1, PERSON, (250, 60)).seen
    assert sorted(sighting.zones for sighting in seen) == [(), ("left",)]


def test_a_snapshot_counts_the_people_of_the_best_picture_of_a_period(clip):
    played = clip("[snapshots]\nevery_s = 1\n")
    two = [PERSON, (200, 60)]
    frames = ([], [], two, two, [PERSON], [], [])  # five a second: two, two and one in a part
    seen = [played.pipeline.process(played.frame(*people)) for people in frames]
    (snapshot,) = [one.snapshot for one in seen if one.snapshot]
    assert (snapshot.people, snapshot.looking, snapshot.facing) == (2, 2, 2)
    assert not any(one.view.observed for one in seen)
    assert sum(one.analysed for one in seen) <= 3


def test_the_defaults_describe_nobody(clip):
    played = clip()
    played.play(6, PERSON)
    assert played.pipeline.pause().demographics == {}
    assert Settings().privacy.demographics is False
