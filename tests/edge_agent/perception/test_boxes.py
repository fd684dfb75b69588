"""One overlap of two boxes, and the same figures for two lists of boxes."""

import numpy as np
import pytest

from edge_agent.perception.boxes import (
    box_area,
    intersection_area,
    intersection_over_union,
    intersections_and_unions,
    overlap_ratios,
)

SQUARE = (0.0, 0.0, 2.0, 2.0)
NO_BOXES = np.zeros((0, 4), np.float32)


@pytest.mark.parametrize(
    ("other", "ratio"),
    [
        (SQUARE, 1.0),
        ((1.0, 0.0, 3.0, 2.0), 1 / 3),
        ((0.5, 0.5, 1.5, 1.5), 1 / 4),  # inside
        ((2.0, 0.0, 4.0, 2.0), 0.0),  # a common edge
        ((5.0, 5.0, 6.0, 6.0), 0.0),
        ((1.0, 1.0, 1.0, 1.0), 0.0),  # without area
        ((1.5, 1.5, 0.5, 0.5), 0.0),  # corners in the wrong order
    ],
)
def test_the_overlap_of_two_boxes_is_symmetric_and_that_of_the_lists(other, ratio):
    assert intersection_over_union(SQUARE, other) == pytest.approx(ratio)
    assert intersection_over_union(other, SQUARE) == pytest.approx(ratio)
    pair = overlap_ratios(np.asarray([SQUARE], np.float32), np.asarray([other], np.float32))
    assert pair.tolist() == [[pytest.approx(ratio)]]


def test_boxes_without_area_do_not_overlap_even_themselves():
    point = (3.0, 3.0, 3.0, 3.0)
    assert intersection_over_union(point, point) == 0.0
    assert overlap_ratios(np.asarray([point], np.float32), np.asarray([point], np.float32)) == 0.0


def test_areas_are_in_square_pixels_and_never_negative():
    assert box_area((1.0, 2.0, 4.0, 4.0)) == 6.0
    assert box_area((4.0, 4.0, 1.0, 2.0)) == 0.0
    assert intersection_area(SQUARE, (1.0, 1.0, 9.0, 9.0)) == 1.0
    assert intersection_area(SQUARE, (3.0, 3.0, 9.0, 9.0)) == 0.0


def test_empty_lists_give_empty_tables():
    assert overlap_ratios(NO_BOXES, NO_BOXES).shape == (0, 0)
    assert overlap_ratios(np.asarray([SQUARE], np.float32), NO_BOXES).shape == (1, 0)


def test_one_box_is_compared_with_each_of_a_list():
    boxes = np.asarray([SQUARE, (1, 0, 3, 2), (8, 8, 9, 9)], np.float32)
    shared, union = intersections_and_unions(boxes[0], boxes[1:])
    assert shared.tolist() == [2.0, 0.0]
    assert union.tolist() == [6.0, 5.0]


def test_lists_and_pairs_agree():
    corners = np.random.default_rng(5).integers(0, 60, (2, 30, 2))
    sizes = np.random.default_rng(6).integers(0, 60, (2, 30, 2))
    ones, others = np.concatenate([corners, corners + sizes], axis=2).astype(np.float32)

    table = overlap_ratios(ones, others)

    pairs = [[intersection_over_union(tuple(a), tuple(b)) for b in others] for a in ones]
    assert table == pytest.approx(np.asarray(pairs), abs=1e-5)
    assert 0 < np.count_nonzero(table) < table.size
