"""Drawn clutter is varied, of the requested size, and the same for the same seed."""

import numpy as np
import pytest

from models.train.samples.clutter import SHAPES, clutter


@pytest.mark.parametrize("side_px", [12, 64, 129, 320])
def test_a_picture_has_the_requested_side(side_px):
    image = clutter(side_px, np.random.default_rng(1))
    assert (image.shape, image.dtype) == ((side_px, side_px, 3), np.uint8)


def test_the_same_seed_draws_the_same_picture():
    one, same, other = (clutter(96, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_no_picture_is_plain():
    assert min(clutter(96, np.random.default_rng(seed)).std() for seed in range(20)) > 10


@pytest.mark.parametrize("draw", dict.fromkeys(SHAPES), ids=lambda draw: draw.__name__)
def test_every_shape_changes_some_pixels_and_keeps_the_size(draw):
    changed = 0
    for seed in range(10):
        image = np.full((96, 96, 3), 128, np.uint8)
        draw(image, np.random.default_rng(seed))
        assert image.shape == (96, 96, 3)
        changed += int((image != 128).any())
    assert changed >= 6  # a shape may lie outside the picture
