import numpy as np
import pytest

from edge_agent.privacy.pixelate import (
    FRAME_CELLS,
    HEAD_CELLS,
    pixelate,
    pixelate_boxes,
    widen,
)
from tests.edge_agent.privacy.texture import TEXTURE, detail


def test_a_pixelated_head_keeps_a_few_cells_and_nothing_else_changes():
    box = (100.0, 50.0, 140.0, 98.0)
    picture = pixelate_boxes(TEXTURE, [box])
    head = picture[50:98, 100:140]
    assert len(np.unique(head.reshape(-1, 3), axis=0)) <= HEAD_CELLS * HEAD_CELLS
    elsewhere = np.ones(TEXTURE.shape, bool)
    elsewhere[50:98, 100:140] = False
    assert np.array_equal(picture[elsewhere], TEXTURE[elsewhere])
    assert not np.shares_memory(picture, TEXTURE)


@pytest.mark.parametrize(
    "box",
    [
        (-20, -20, 10, 10),
        (300, 170, 400, 300),
        (-9, -9, 400, 400),
        (500, 500, 600, 600),
        (5, 5, 5, 9),
    ],
)
def test_boxes_may_extend_beyond_the_picture(box):
    assert pixelate_boxes(TEXTURE, [box]).shape == TEXTURE.shape


def test_overlapping_heads_do_not_uncover_each_other():
    boxes = [(100, 50, 140, 90), (120, 60, 160, 100)]
    picture = pixelate_boxes(TEXTURE, boxes)
    assert all(detail(picture, box) < 15 for box in boxes)


def test_a_face_is_widened_to_its_head():
    assert widen((100, 100, 120, 130), 0.4) == (88, 88, 132, 142)


def test_a_box_that_touches_a_pixel_covers_all_of_it():
    picture = pixelate_boxes(TEXTURE, [(100.9, 50.9, 139.1, 97.1)])
    assert np.array_equal(picture, pixelate_boxes(TEXTURE, [(100, 50, 140, 98)]))


def test_without_heads_the_picture_is_copied():
    picture = pixelate_boxes(TEXTURE, [])
    assert np.array_equal(picture, TEXTURE)
    picture[:] = 0
    assert TEXTURE.max() > 0


@pytest.mark.parametrize(
    ("size", "cells", "largest"),
    [
        ((180, 320), FRAME_CELLS, FRAME_CELLS * 7),
        ((320, 180), FRAME_CELLS, FRAME_CELLS * 7),
        ((180, 180), HEAD_CELLS, HEAD_CELLS * HEAD_CELLS),
        ((180, 9), HEAD_CELLS, HEAD_CELLS),
        ((1, 300), HEAD_CELLS, HEAD_CELLS),
        ((1, 1), HEAD_CELLS, 1),
    ],
)
def test_a_picture_keeps_its_size_and_at_most_its_cells(size, cells, largest):
    height, width = size
    image = np.random.default_rng(1).integers(0, 255, (height, width, 3), np.uint8)
    picture = pixelate(image, cells)
    assert picture.shape == image.shape
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) <= largest
