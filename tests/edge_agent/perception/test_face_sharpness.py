"""Which of several pictures of a face is the sharpest."""

import cv2
import numpy as np
import pytest

from edge_agent.perception.face_sharpness import face_sharpness


@pytest.fixture(scope="module")
def face():
    random = np.random.default_rng(2)
    grey = cv2.resize(
        random.integers(40, 220, (96, 96), np.uint8), (256, 256), interpolation=cv2.INTER_CUBIC
    )
    return cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)


def sharpness_of(face, side_px, *, blur_ratio=0.0, light=1.0):
    """The face in a grey picture, so many pixels wide, blurred by a share of its width."""
    picture = np.full((400, 400, 3), 120, np.uint8)
    small = cv2.resize(face, (side_px, side_px), interpolation=cv2.INTER_AREA)
    if blur_ratio:
        small = cv2.GaussianBlur(small, (0, 0), side_px * blur_ratio)
    picture[50 : 50 + side_px, 50 : 50 + side_px] = (small * light).astype(np.uint8)
    return face_sharpness(picture, (50.0, 50.0, 50.0 + side_px, 50.0 + side_px))


def test_a_larger_face_is_sharper_not_the_smaller_one(face):
    sizes = [sharpness_of(face, side_px) for side_px in (24, 32, 48, 64, 128, 224)]
    assert sizes == sorted(sizes)


def test_a_blurred_face_is_less_sharp_than_a_sharp_one_of_its_size(face):
    for side_px in (48, 96, 200):
        assert sharpness_of(face, side_px, blur_ratio=0.05) < 0.6 * sharpness_of(face, side_px)


def test_light_is_not_sharpness(face):
    assert sharpness_of(face, 96, light=0.4) == pytest.approx(sharpness_of(face, 96), rel=0.1)


def test_a_face_without_contrast_has_none():
    assert face_sharpness(np.full((90, 90, 3), 77, np.uint8), (10.0, 10.0, 60.0, 60.0)) == 0.0
