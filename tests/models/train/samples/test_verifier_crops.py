"""Crops for the face verifier: every face once, and three kinds of places that are no face."""

from dataclasses import replace

import numpy as np
import pytest

from models.train.samples import verifier_crops
from models.train.samples.verifier_crops import (
    CROPS_OF_AN_EMPTY_PICTURE,
    sample_crop,
    sample_faces,
    sample_non_faces,
    sample_square,
)


@pytest.fixture(autouse=True)
def _few(monkeypatch):
    for name, count in (("VIEWS_DRAWN", 3), ("CLUTTER_DRAWN", 2), ("HIDDEN_DRAWN", 4)):
        monkeypatch.setattr(verifier_crops, name, count)


def rng(seed=0):
    return np.random.default_rng(seed)


def test_every_labelled_face_is_sampled_beside_the_views(street, wall, views):
    crops = list(sample_faces([street, wall], views, rng()))
    assert len(crops) == 3 + 2
    assert {crop.shape for crop in crops} == {(64, 64, 3)}


def test_a_face_that_is_too_small_is_left_out(street, views):
    tiny = np.asarray([[10, 10, 30, 20.9], [10, 10, 30, 21.0]], np.float32)
    assert len(list(sample_faces([replace(street, boxes=tiny)], views, rng()))) == 3 + 1


def test_decoys_and_empty_pictures_are_no_faces(street, wall, views):
    decoy = np.asarray([[5, 5, 45, 45]], np.float32)
    among_people = replace(street, decoys=decoy)
    elsewhere = replace(wall, decoys=decoy)
    drawn = 2 + 4  # clutter and hidden faces
    assert len(list(sample_non_faces([street], views, rng()))) == drawn
    assert len(list(sample_non_faces([among_people], views, rng()))) == drawn + 1
    count = len(list(sample_non_faces([wall], views, rng())))
    assert count == drawn + CROPS_OF_AN_EMPTY_PICTURE
    count = len(list(sample_non_faces([elsewhere], views, rng())))
    assert count == drawn + 2 * CROPS_OF_AN_EMPTY_PICTURE


def test_a_crop_shows_its_box_with_a_margin(street):
    white = np.mean([sample_crop(street.image, street.boxes[1], rng(seed)) for seed in range(30)])
    assert 0.35 < white / 255 < 0.75  # 1 / 1.25 ** 2 = 0.64 of a crop is face


def test_a_square_is_inside_the_picture_and_small_ones_are_as_frequent_as_large_ones():
    image = np.zeros((200, 300, 3), np.uint8)
    generator = rng()
    squares = np.asarray([sample_square(image, generator) for _ in range(300)])
    sides = squares[:, 2] - squares[:, 0]
    assert sides == pytest.approx(squares[:, 3] - squares[:, 1], abs=1e-3)
    assert squares.min() >= 0
    assert (squares[:, 2:] <= (300, 200)).all()
    assert 14 <= sides.min() < sides.max() <= 160.001
    assert np.median(sides) == pytest.approx(np.sqrt(14 * 160), rel=0.2)
