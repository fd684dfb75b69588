"""Crops of views: angles and landmarks change with the pixels, rare angles are drawn more."""

from dataclasses import replace

import numpy as np
import pytest

from models.train.samples.pose_crops import SIDE_PX, balance_angles, draw_crop


def crops(views, index, count=60):
    return [draw_crop(views, index, np.random.default_rng(seed)) for seed in range(count)]


def test_the_same_seed_draws_the_same_crop(views):
    for one, other in zip(crops(views, 2, 4), crops(views, 2, 4), strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_a_crop_has_the_shapes_that_the_network_is_trained_with(views):
    for image, angles, marks in crops(views, 0, 10):
        assert (image.shape, image.dtype) == ((SIDE_PX, SIDE_PX, 3), np.uint8)
        assert (angles.shape, angles.dtype) == ((3,), np.float32)
        assert (marks.shape, marks.dtype) == ((10,), np.float32)


def test_half_of_the_crops_are_mirrored_and_their_yaw_changes_sign(views):
    yaws = [float(angles[0]) for _, angles, _ in crops(views, 2)]
    assert set(yaws) == {45.0, -45.0}
    assert 15 < yaws.count(-45.0) < 45


def test_pitch_never_changes(views):
    assert {float(angles[1]) for _, angles, _ in crops(views, 3, 20)} == {30.0}


def test_the_right_eye_of_the_subject_stays_the_first_landmark(views):
    for _, _, marks in crops(views, 0):
        right_eye, left_eye, nose, right_mouth, left_mouth = marks.reshape(5, 2)
        assert right_eye[0] < left_eye[0]
        assert right_mouth[0] < left_mouth[0]
        assert right_eye[1] < nose[1] < right_mouth[1]


def test_a_turned_crop_has_its_landmarks_turned_by_the_same_angle(views):
    for _, angles, marks in crops(views, 0):
        right_eye, left_eye = marks.reshape(5, 2)[:2]
        across = left_eye - right_eye
        assert np.rad2deg(np.arctan2(across[1], across[0])) == pytest.approx(angles[2], abs=0.1)


def test_the_view_itself_is_never_changed(views):
    before = views.angles.copy(), views.landmarks.copy(), views.images.copy()
    crops(views, 2, 5)
    assert np.array_equal(before[0], views.angles)
    assert np.array_equal(before[1], views.landmarks)
    assert np.array_equal(before[2], views.images)


def test_of_four_equal_views_and_one_other_the_other_is_drawn_twice_as_often(views):
    angles = np.asarray([[0, 0, 0]] * 4 + [[45, 0, 0]], np.float32)
    shares = balance_angles(replace(views, angles=angles))
    assert shares == pytest.approx([1 / 6] * 4 + [1 / 3])


def test_left_and_right_count_as_the_same_angle(views):
    angles = np.asarray([[-45, 0, 0], [45, 0, 0], [0, 0, 0]], np.float32)
    shares = balance_angles(replace(views, angles=angles))
    assert shares[0] == shares[1] < shares[2]
    assert shares.sum() == pytest.approx(1)
