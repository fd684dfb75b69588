"""Two detectors see the same frames; how much they agree decides about the new one."""

import numpy as np
import pytest

from edge_agent.management.detector_comparison import (
    ComparingDetector,
    DetectionCounts,
    reason_to_reject,
)
from edge_agent.perception.face_detector import Face
from wire.fleet.jobs import ModelTrial

IMAGE = np.zeros((90, 160, 3), np.uint8)
LEFT, RIGHT = (10.0, 10.0, 30.0, 30.0), (100.0, 10.0, 120.0, 30.0)
NEAR_LEFT = (10.0, 10.0, 30.0, 50.0)  # half of it is common: the limit
TRIAL = ModelTrial(pictures=10, faces=20, longest_s=60, disagreement_ratio=0.25, slower_ratio=3.0)


class Fixed:
    """A detector that finds these boxes."""

    def __init__(self, *boxes, unsure=()):
        self.name, self.version = "fixed", "2"
        self.found = [Face(box, 0.9, np.zeros((5, 2), np.float32)) for box in boxes]
        self.found += [Face(box, 0.3, np.zeros((5, 2), np.float32), sure=False) for box in unsure]

    def faces(self, image):
        return self.found


class Faulty(Fixed):
    def faces(self, image):
        raise RuntimeError("bad tensor")


def compare(old, new, *, frames=1):
    comparing = ComparingDetector(old, new)
    for _ in range(frames):
        assert comparing.faces(IMAGE) is old.found
    return comparing.counts


@pytest.mark.parametrize(
    ("old", "new", "both", "only_old", "only_new"),
    [
        (Fixed(), Fixed(), 0, 0, 0),
        (Fixed(LEFT, RIGHT), Fixed(RIGHT, LEFT), 2, 0, 0),
        (Fixed(LEFT), Fixed(NEAR_LEFT), 1, 0, 0),
        (Fixed(LEFT), Fixed(RIGHT), 0, 1, 1),
        (Fixed(LEFT), Fixed(), 0, 1, 0),
        (Fixed(), Fixed(LEFT, RIGHT), 0, 0, 2),
        (Fixed(LEFT, LEFT), Fixed(LEFT), 1, 1, 0),  # one face matches one face
        (Fixed(LEFT), Fixed(LEFT, unsure=[RIGHT]), 1, 0, 0),
        (Fixed(LEFT, unsure=[RIGHT]), Fixed(LEFT, RIGHT), 1, 0, 1),
    ],
)
def test_faces_are_matched_one_to_one(old, new, both, only_old, only_new):
    counts = compare(old, new)
    assert (counts.both, counts.only_old, counts.only_new) == (both, only_old, only_new)
    assert (counts.pictures, counts.faces) == (1, both + only_old + only_new)


def test_an_error_of_the_new_detector_is_counted_and_costs_no_frame(caplog):
    counts = compare(Fixed(LEFT), Faulty(), frames=2)
    assert (counts.faults, counts.pictures, counts.faces) == (2, 0, 0)
    assert [record.reason for record in caplog.records] == ["bad tensor"] * 2


def test_an_error_of_the_current_detector_is_not_hidden():
    with pytest.raises(RuntimeError, match="bad tensor"):
        ComparingDetector(Faulty(), Fixed()).faces(IMAGE)


def test_the_pair_has_the_name_of_the_current_detector():
    old, new = Fixed(), Fixed()
    new.name, new.version = "other", "9"
    pair = ComparingDetector(old, new)
    assert (pair.name, pair.version) == ("fixed", "2")


def counts(*, pictures=10, both=20, only_old=0, only_new=0, faults=0, old_s=1.0, new_s=1.0):
    return DetectionCounts(pictures, both, only_old, only_new, faults, old_s, new_s)


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (counts(), ""),
        (counts(both=15, only_old=2, only_new=3), ""),  # 25 %: the limit
        (
            counts(both=15, only_old=3, only_new=3),
            "it disagrees on 29% of 21 faces, at most 25% are allowed",
        ),
        (counts(new_s=3.0), ""),
        (counts(new_s=3.1), "it takes 3.1 times as long, above 3"),
        (counts(old_s=0.0, new_s=5.0), ""),  # no time was measured
        (counts(pictures=9), None),
        (counts(both=19), None),
        (counts(pictures=0, both=0, faults=1), "the new detector raises errors on frames"),
    ],
)
def test_the_counts_decide(found, reason):
    assert reason_to_reject(found, TRIAL, is_over=False) == reason


def test_at_the_end_too_few_pictures_are_a_reason():
    assert reason_to_reject(counts(pictures=9), TRIAL, is_over=True) == (
        "9 frames and 20 faces in 60 s are too few for a decision"
    )
    assert reason_to_reject(counts(), TRIAL, is_over=True) == ""


def test_a_trial_without_a_minimum_of_faces_needs_none():
    without = ModelTrial(pictures=1, faces=0)
    assert reason_to_reject(counts(pictures=1, both=0), without, is_over=False) == ""


def test_the_counts_are_reported_as_text():
    assert counts(both=15, only_old=5, old_s=2.0, new_s=3.0).as_details() == {
        "pictures": "10", "faces": "20", "disagreement": "0.250", "slower": "1.50",
    }  # fmt: skip
