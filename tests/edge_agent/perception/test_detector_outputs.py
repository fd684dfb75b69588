"""The outputs of every detector layout are decoded to the same face; overlaps are removed."""

import numpy as np
import pytest

from edge_agent.perception.detector_outputs import (
    non_max_suppression,
    normalize_around_zero,
    read_onlooker,
    read_scrfd,
    read_yunet,
)

# one face: centre (100, 60), 40 wide, 56 high, in the stride-16 map of a 320 x 192 input
CENTRE, SIZE, STRIDE, COLUMNS, ROWS = (100.0, 60.0), (40.0, 56.0), 16, 20, 12
MARKS = np.asarray([[92, 50], [108, 50], [100, 60], [94, 70], [106, 70]], np.float32)
COLUMN, ROW = 6, 3
READERS = [("onlooker", read_onlooker), ("yunet", read_yunet), ("scrfd", read_scrfd)]


@pytest.fixture
def onlooker():
    maps = [np.zeros((1, 15, 192 // s, 320 // s), np.float32) for s in (8, 16, 32)]
    middle = np.asarray([COLUMN + 0.5, ROW + 0.5])
    values = [0.9, *(np.asarray(CENTRE) / STRIDE - middle), *np.log(np.asarray(SIZE) / STRIDE)]
    values += list((MARKS / STRIDE - middle).reshape(-1))
    maps[1][0, :, ROW, COLUMN] = values
    return maps


@pytest.fixture
def scrfd():
    counts = [2 * (192 // s) * (320 // s) for s in (8, 16, 32)]
    lists = [np.zeros((n, c), np.float32) for c in (1, 4, 10) for n in counts]
    second_of_cell, corner = 2 * (ROW * COLUMNS + COLUMN) + 1, np.asarray([COLUMN, ROW]) * STRIDE
    lists[1][second_of_cell] = 0.9
    edges = [*(corner - (80, 32)), *(np.asarray([120, 88]) - corner)]
    lists[4][second_of_cell] = np.asarray(edges) / STRIDE
    lists[7][second_of_cell] = ((MARKS - corner) / STRIDE).reshape(-1)
    return lists


@pytest.fixture
def yunet():
    counts = [(192 // s) * (320 // s) for s in (8, 16, 32)]
    lists = [np.zeros((1, n, c), np.float32) for c in (1, 1, 4, 10) for n in counts]
    cell, corner = ROW * COLUMNS + COLUMN, np.asarray([COLUMN, ROW])
    lists[1][0, cell] = 0.9
    lists[4][0, cell] = 0.9
    lists[7][0, cell, :2] = np.asarray(CENTRE) / STRIDE - corner
    lists[7][0, cell, 2:] = np.log(np.asarray(SIZE) / STRIDE)
    lists[10][0, cell] = (MARKS / STRIDE - corner).reshape(-1)
    return lists


@pytest.mark.parametrize(("layout", "read"), READERS)
def test_a_face_is_read_at_its_coordinates(layout, read, request):
    found = read(request.getfixturevalue(layout), 0.5, 320)
    assert found.scores == pytest.approx([0.9])
    assert found.boxes[0] == pytest.approx([80, 32, 120, 88], abs=1e-3)
    assert np.allclose(found.landmarks[0], MARKS, atol=1e-3)


@pytest.mark.parametrize(("layout", "read"), READERS)
def test_no_face_is_read_below_the_threshold(layout, read, request):
    assert len(read(request.getfixturevalue(layout), 0.95, 320).boxes) == 0


def test_the_input_of_scrfd_is_rgb_around_zero():
    blue = np.zeros((1, 3, 1, 1), np.float32)
    blue[0, 0] = 255
    assert normalize_around_zero(blue).reshape(-1) == pytest.approx(
        [-0.996, -0.996, 0.996], abs=1e-3
    )


def test_the_better_of_two_boxes_on_one_face_stays():
    boxes = np.asarray([[0, 0, 10, 10], [1, 1, 11, 11], [40, 40, 50, 50]], np.float32)
    scores = np.asarray([0.7, 0.9, 0.5], np.float32)
    assert non_max_suppression(boxes, scores, 0.4).tolist() == [1, 2]
    assert non_max_suppression(boxes[:0], scores[:0], 0.4).tolist() == []


def test_boxes_that_overlap_less_than_the_limit_both_stay():
    boxes = np.asarray([[0, 0, 10, 10], [0, 5, 10, 15]], np.float32)  # one third in common
    scores = np.asarray([0.9, 0.8], np.float32)
    assert non_max_suppression(boxes, scores, 0.34).tolist() == [0, 1]
    assert non_max_suppression(boxes, scores, 0.33).tolist() == [0]
