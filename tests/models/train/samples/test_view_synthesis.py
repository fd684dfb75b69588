"""The landmarks of a synthetic view move as those of a turned head."""

import numpy as np
import pytest

from models.train.samples.view_synthesis import rotation, synthesize_view

BOX = np.asarray([40, 36, 88, 92], np.float32)
POINTS = np.asarray([[53, 56], [75, 56], [64, 69], [56, 79], [72, 79]], np.float32)


@pytest.fixture
def face():
    image = np.full((128, 128, 3), 90, np.uint8)
    image[36:92, 40:88] = 200
    for x, y in POINTS.astype(int):
        image[y - 2 : y + 3, x - 2 : x + 3] = 20
    return image


def test_no_turn_changes_nothing(face):
    view, points = synthesize_view(face, BOX, POINTS, yaw_deg=0, pitch_up_deg=0)
    assert np.abs(view.astype(int) - face).mean() < 1
    assert np.allclose(points, POINTS, atol=0.5)


def test_turning_right_brings_the_nose_towards_the_eye_on_the_right(face):
    _, points = synthesize_view(face, BOX, POINTS, yaw_deg=25, pitch_up_deg=0)
    right_eye, left_eye, nose = points[:3, 0]
    assert left_eye - nose < nose - right_eye


def test_turning_up_brings_the_nose_towards_the_eyes(face):
    _, up = synthesize_view(face, BOX, POINTS, yaw_deg=0, pitch_up_deg=20)
    _, down = synthesize_view(face, BOX, POINTS, yaw_deg=0, pitch_up_deg=-20)
    assert up[2, 1] - up[:2, 1].mean() < down[2, 1] - down[:2, 1].mean()


def test_the_picture_moves_with_the_landmarks(face):
    view, points = synthesize_view(face, BOX, POINTS, yaw_deg=20, pitch_up_deg=-10)
    for x, y in points.round().astype(int):
        assert view[y - 2 : y + 3, x - 2 : x + 3].min() < 80


def test_a_turn_is_a_rotation():
    matrix = rotation(30, -12)
    assert np.allclose(matrix @ matrix.T, np.eye(3))
    assert np.linalg.det(matrix) == pytest.approx(1)
