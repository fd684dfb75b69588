"""Heads without a face: each method removes the face, whatever the size of the head."""

import cv2
import numpy as np
import pytest

from models.train.samples.hard_negatives import (
    cover_face,
    emboss_head,
    make_hard_negative,
    scramble_face,
)

BOX = np.asarray([28, 24, 68, 76], np.float32)


@pytest.fixture(scope="module")
def head():
    return np.random.default_rng(0).integers(0, 256, (96, 96, 3), np.uint8)


def test_an_embossed_head_has_the_colour_of_one_metal():
    few = np.random.default_rng(0).integers(0, 256, (5, 5, 3), np.uint8)
    head = cv2.resize(few, (80, 80), interpolation=cv2.INTER_CUBIC)
    relief = emboss_head(head, np.zeros(4, np.float32), np.random.default_rng(1)).astype(float)
    lit = (relief > 20).all(axis=2) & (relief < 250).all(axis=2)
    assert (relief[lit][:, 0] / relief[lit][:, 2]).std() < 0.03
    assert relief.std() > 3


def test_a_hidden_face_differs_from_the_face(head):
    for seed in range(12):
        bare = make_hard_negative(head, BOX, np.random.default_rng(seed), height_px=52.0)
        assert bare.shape == head.shape
        gap = np.abs(bare[30:70, 32:64].astype(int) - head[30:70, 32:64])
        assert gap.mean() > 15


def test_scrambled_pieces_are_those_of_the_face_in_another_order():
    nine = np.zeros((90, 90, 3), np.uint8)
    for place in range(9):
        nine[place // 3 * 30 :, place % 3 * 30 :] = place * 20
    for seed in range(8):
        mixed = scramble_face(nine, np.asarray([0, 0, 90, 90]), np.random.default_rng(seed))
        pieces = [int(mixed[place // 3 * 29 + 5, place % 3 * 29 + 5, 0]) for place in range(9)]
        assert sorted(pieces) == [place * 20 for place in range(9)]
        assert all(piece != place * 20 for place, piece in enumerate(pieces))


def test_what_is_outside_the_face_stays(head):
    mixed = scramble_face(head, BOX, np.random.default_rng(1))
    assert np.array_equal(mixed[:24], head[:24])
    assert np.array_equal(mixed[:, 70:], head[:, 70:])
    covered = cover_face(head, BOX, np.random.default_rng(1))
    assert np.array_equal(covered[:, :5], head[:, :5])


def test_a_face_of_a_few_pixels_is_not_scrambled(head):
    speck = np.asarray([10, 10, 15, 15], np.float32)
    assert np.array_equal(scramble_face(head, speck, np.random.default_rng(1)), head)


@pytest.mark.parametrize(
    "box", [[-20, -20, 30, 30], [70, 70, 140, 140], [40, 40, 41, 41], [0, 0, 96, 96]]
)
@pytest.mark.parametrize("method", [cover_face, scramble_face, emboss_head])
def test_a_box_over_the_edge_or_of_one_pixel_is_accepted(head, method, box):
    result = method(head, np.asarray(box, np.float32), np.random.default_rng(2))
    assert (result.shape, result.dtype) == (head.shape, np.uint8)


def test_a_small_head_is_never_embossed(head):
    """An embossed head is changed everywhere; the other methods keep the corners."""
    corners = [
        make_hard_negative(head, BOX, np.random.default_rng(seed), height_px=27.9)[:8, :8]
        for seed in range(20)
    ]
    assert all(np.array_equal(corner, head[:8, :8]) for corner in corners)
