"""Pictures become 8-bit BGR, and squares are cut out of them, also beyond their edges."""

import numpy as np
import pytest

from edge_agent.perception.image_crops import ImageError, as_bgr, crop


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 1), (4, 5, 3), (4, 5, 4)])
def test_grey_and_transparent_pictures_become_colour(shape):
    assert as_bgr(np.full(shape, 7, np.uint8)).shape == (4, 5, 3)


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (np.zeros((4, 5, 3), np.uint16), "uint16"),
        (np.zeros((4, 5, 3), np.float32), "float32"),
        (np.zeros((0, 5, 3), np.uint8), "at least"),
        (np.zeros((4, 5, 2), np.uint8), "2 channels"),
        (np.zeros((2, 4, 5, 3), np.uint8), "shape"),
    ],
)
def test_any_other_picture_is_refused_with_the_reason(picture, words):
    with pytest.raises(ImageError, match=words):
        as_bgr(picture)


@pytest.fixture
def columns():
    """40 x 60, each column as bright as its number."""
    return np.broadcast_to(np.arange(60, dtype=np.uint8)[None, :, None], (40, 60, 3)).copy()


def test_a_crop_is_the_square_around_the_box_at_the_wanted_size(columns):
    square = crop(columns, (20.0, 10.0, 30.0, 30.0), 1.0, 20)  # the longer side is 20: x 15 to 35
    assert square.shape == (20, 20, 3)
    assert square[0, :, 0].tolist() == list(range(15, 35))


def test_the_margin_multiplies_the_longer_side(columns):
    square = crop(columns, (25.0, 15.0, 35.0, 25.0), 2.0, 20)
    assert square[0, :, 0].tolist() == list(range(20, 40))


def test_beyond_an_edge_the_edge_is_repeated(columns):
    left = crop(columns, (-5.0, 10.0, 5.0, 20.0), 1.0, 10)
    assert left[0, :, 0].tolist() == [0] * 5 + [0, 1, 2, 3, 4]
    right = crop(columns, (55.0, 35.0, 65.0, 45.0), 1.0, 10)
    assert right[0, :, 0].tolist() == [55, 56, 57, 58, 59] + [59] * 5
    assert (right == right[0]).all()  # rows below the picture repeat the last one


@pytest.mark.parametrize(
    "box",
    [
        (0.0, -30.0, 10.0, -20.0),  # above
        (-30.0, 0.0, -20.0, 10.0),  # to the left
        (0.0, 40.0, 10.0, 50.0),  # below
        (60.0, 0.0, 70.0, 10.0),  # to the right
    ],
)
def test_a_box_outside_the_picture_gives_a_black_square(columns, box):
    square = crop(columns + 100, box, 1.0, 8)
    assert square.shape == (8, 8, 3)
    assert not square.any()


def test_a_box_without_area_gives_the_smallest_square(columns):
    assert crop(columns, (30.0, 20.0, 30.0, 20.0), 1.0, 4).shape == (4, 4, 3)


def test_the_picture_is_not_changed(columns):
    before = columns.copy()
    crop(columns, (-5.0, -5.0, 70.0, 70.0), 1.5, 64)[:] = 255
    assert np.array_equal(columns, before)
