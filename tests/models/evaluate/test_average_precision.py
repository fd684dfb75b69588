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
from models.evaluate.intervals import bootstrap


def face(x1, y1, x2, y2, score):
    return Face((x1, y1, x2, y2), score, np.zeros((5, 2), np.float32))


def boxes(*rows):
    return np.asarray(rows, np.float32).reshape(-1, 4)


ONE = boxes([0, 0, 10, 10])
TWO = boxes([0, 0, 10, 10], [50, 50, 90, 90])


def test_everything_found_and_nothing_else_is_one():
    case = match_boxes([face(0, 0, 10, 10, 0.9), face(51, 50, 90, 90, 0.8)], TWO)
    assert average_precision([case]) == pytest.approx(1.0)


def test_half_found_is_a_half():
    assert average_precision([match_boxes([face(0, 0, 10, 10, 0.9)], TWO)]) == pytest.approx(0.5)


def test_a_stray_box_before_the_right_one_costs_and_after_it_does_not():
    before = match_boxes([face(20, 20, 30, 30, 0.9), face(0, 0, 10, 10, 0.5)], ONE)
    after = match_boxes([face(20, 20, 30, 30, 0.4), face(0, 0, 10, 10, 0.5)], ONE)
    assert average_precision([before]) == pytest.approx(0.5)
    assert average_precision([after]) == pytest.approx(1.0)


def test_the_second_box_on_one_face_is_a_stray():
    twice = match_boxes([face(0, 0, 10, 10, 0.9), face(0, 0, 10, 10, 0.8)], ONE)
    assert twice.right.tolist() == [True, False]


def test_half_an_overlap_is_enough_and_less_is_not():
    assert match_boxes([face(0, 0, 10, 5, 0.9)], ONE).right.tolist() == [True]
    assert match_boxes([face(0, 0, 10, 4.9, 0.9)], ONE).right.tolist() == [False]


def test_faces_below_the_size_are_neither_wanted_nor_punished():
    found = [face(0, 0, 10, 10, 0.9), face(50, 50, 90, 90, 0.8), face(200, 200, 208, 208, 0.7)]
    case = match_boxes(found, TWO, least_px=16)
    assert case.wanted == 1
    assert case.right.tolist() == [True]


def test_a_picture_without_faces_only_costs_precision():
    empty = match_boxes([face(0, 0, 10, 10, 0.9)], boxes())
    whole = match_boxes([face(0, 0, 10, 10, 0.8)], ONE)
    assert recall_at([empty, whole], 0.5) == 1.0
    assert precision_at([empty, whole], 0.5) == 0.5
    assert precision_at([empty, whole], 0.95) == 1.0


def test_the_interval_holds_the_figure_and_narrows_with_more_cases():
    rng = np.random.default_rng(0)
    few, many = list(rng.random(20)), list(rng.random(2000))
    narrow = bootstrap(many, lambda units: float(np.mean(units)))
    wide = bootstrap(few, lambda units: float(np.mean(units)))
    assert narrow.low < narrow.value < narrow.high
    assert wide.high - wide.low > 3 * (narrow.high - narrow.low)


def test_nothing_to_measure_is_said():
    with pytest.raises(ValueError, match="check the label file"):
        bootstrap([], lambda units: 0.0)
