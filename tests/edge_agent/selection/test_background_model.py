"""Light, noise and camera shake are no motion; people are, also faint, far and nearly still."""

import numpy as np
import pytest

from edge_agent.selection.background_model import BackgroundModel, ShiftEstimator
from edge_agent.selection.downscale import downscale
from edge_agent.settings.capture import MotionSettings
from tests.edge_agent.selection.drawn_clips import WITH_MOTION, WITHOUT_MOTION, pictures, walking


def detect(place, clip):
    """Whether each picture of a clip has motion."""
    scene = BackgroundModel(MotionSettings())
    return [
        scene.detect_motion(downscale(picture), n / 5)
        for n, picture in enumerate(pictures(place, clip))
    ]


@pytest.mark.parametrize("clip", WITHOUT_MOTION, ids=lambda clip: clip.name)
def test_without_motion_the_detector_does_not_run(place, clip):
    assert np.mean(detect(place, clip)[1:]) <= 0.02


@pytest.mark.parametrize("clip", WITH_MOTION, ids=lambda clip: clip.name)
def test_motion_opens_the_gate(place, clip):
    assert np.mean(detect(place, clip)[12:]) >= 0.95


def test_black_pictures_are_no_division_by_zero():
    scene = BackgroundModel(MotionSettings())
    black = np.zeros((180, 320), np.uint8)
    assert [scene.detect_motion(black, n / 5) for n in range(3)] == [False] * 3


def test_between_frames_far_apart_every_difference_is_motion(place):
    #  key pictures alone, one in two seconds: a lamp cannot be told from a person
    scene = BackgroundModel(MotionSettings())
    came = place.copy()
    came[150:270, 200:240] += 35
    pictures = [place] * 8 + [came] * 3
    answers = [
        scene.detect_motion(downscale(p.astype(np.uint8)), 2.0 * n) for n, p in enumerate(pictures)
    ]
    assert answers == [False] * 8 + [True] * 3


def small(place):
    return downscale(place.astype(np.uint8))


def test_the_background_is_learned_from_five_pictures(place):
    scene = BackgroundModel(MotionSettings())
    learning = []
    for n in range(8):
        scene.detect_motion(small(place), n / 10)
        learning.append(scene.learning)
    assert learning == [True] * 5 + [False] * 3


def test_the_first_picture_that_differs_is_suspect_and_the_next_decides(place):
    scene = BackgroundModel(MotionSettings())
    for n in range(10):
        assert not scene.detect_motion(small(place), n / 5)
    assert not scene.has_suspect

    came, moved = place.copy(), place.copy()
    came[150:270, 200:240] += 35
    moved[150:270, 220:260] += 35
    assert not scene.detect_motion(small(came), 2.0)
    assert scene.has_suspect
    assert scene.movement == pytest.approx(120 * 40 / (640 * 360), rel=0.2)
    assert scene.detect_motion(small(moved), 2.2)
    assert not scene.has_suspect


@pytest.mark.parametrize("contrast", [40, -40])
def test_a_person_close_to_the_camera_changes_the_light_of_the_picture_and_is_motion(
    place, contrast
):
    scene = BackgroundModel(MotionSettings())
    walk = walking(240, 210, contrast)  # a fifth of the picture
    for n in range(10):
        scene.detect_motion(small(place), n / 5)
    answers = [scene.detect_motion(small(walk(place, n)), 2.0 + n / 5) for n in range(40)]
    assert answers == [False] + [True] * 39


def test_a_change_of_a_large_part_is_motion_once_and_learned_again(place):
    scene = BackgroundModel(MotionSettings())
    for n in range(10):
        scene.detect_motion(small(place), n / 5)
    bus = place.copy()
    bus[:, :280] += 50
    assert scene.detect_motion(small(bus), 2.0)
    assert scene.movement > 0.35
    assert scene.learning
    assert not any(scene.detect_motion(small(bus), 2.2 + n / 5) for n in range(10))


def test_a_small_shift_is_removed_and_a_large_one_is_not(place):
    scene = small(place).astype(np.float32)
    across = np.gradient(scene, axis=1).astype(np.float32)
    estimator = ShiftEstimator(scene, 0.0)
    half, far = -0.5 * across, -5.0 * across
    assert np.abs(estimator.remove_shift(half)).mean() < 0.35 * np.abs(half).mean()
    assert estimator.remove_shift(far) is far


def test_a_scene_without_edges_has_no_shift():
    flat = np.full((180, 320), 90, np.float32)
    difference = np.ones_like(flat)
    assert ShiftEstimator(flat, 0.0).remove_shift(difference) is difference
