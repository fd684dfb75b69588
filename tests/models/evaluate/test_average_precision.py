"""Average precision, on cases small enough to do by hand."""

import numpy as np
import pytest

from edge_agent.perception.face_detector import Face
from models.evaluate.average_precision import (
    average_precision,
    match_boxes,
    precision_at,
    recall_at,
)


def face(x1, y1, x2, y2, score):
    return Face((x1, y1, x2, y2), score, np.zeros((5, 2), np.float32))


def boxes(*rows):
    return np.asarray(rows, np.float32).reshape(-1, 4)


ONE = boxes([0, 0, 10, 10])
TWO = boxes([0, 0, 10, 10], [50, 50, 90, 90])


def test_all_faces_and_no_other_box_is_one():
    case = match_boxes([face(0, 0, 10, 10, 0.9), face(51, 50, 90, 90, 0.8)], TWO)
    assert average_precision([case]) == pytest.approx(1.0)


def test_half_of_the_faces_is_a_half():
    assert average_precision([match_boxes([face(0, 0, 10, 10, 0.9)], TWO)]) == pytest.approx(0.5)


def test_a_false_box_counts_before_the_right_one_and_not_after_it():
    before = match_boxes([face(20, 20, 30, 30, 0.9), face(0, 0, 10, 10, 0.5)], ONE)
    after = match_boxes([face(20, 20, 30, 30, 0.4), face(0, 0, 10, 10, 0.5)], ONE)
    assert average_precision([before]) == pytest.approx(0.5)
    assert average_precision([after]) == pytest.approx(1.0)


def test_the_second_box_on_one_face_is_false():
    twice = match_boxes([face(0, 0, 10, 10, 0.9), face(0, 0, 10, 10, 0.8)], ONE)
    assert twice.right.tolist() == [True, False]


def test_half_an_overlap_is_enough_and_less_is_not():
    assert match_boxes([face(0, 0, 10, 5, 0.9)], ONE).right.tolist() == [True]
    assert match_boxes([face(0, 0, 10, 4.9, 0.9)], ONE).right.tolist() == [False]


def test_faces_below_the_size_count_neither_for_nor_against():
    found = [face(0, 0, 10, 10, 0.9), face(50, 50, 90, 90, 0.8), face(200, 200, 208, 208, 0.7)]
    case = match_boxes(found, TWO, least_px=16)
    assert case.wanted == 1
    assert case.right.tolist() == [True]


def test_a_picture_without_faces_affects_precision_only():
    empty = match_boxes([face(0, 0, 10, 10, 0.9)], boxes())
    whole = match_boxes([face(0, 0, 10, 10, 0.8)], ONE)
    assert recall_at([empty, whole], 0.5) == 1.0
    assert precision_at([empty, whole], 0.5) == 0.5
    assert precision_at([empty, whole], 0.95) == 1.0
