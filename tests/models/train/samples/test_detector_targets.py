"""Faces are assigned to cells by size and position."""

import numpy as np

from models.train.samples.detector_targets import assign_faces, cells


def assign(boxes, ignored=(), side=256):
    centres, strides = cells(side)
    known = np.asarray(boxes, np.float32).reshape(-1, 4)
    points = np.zeros((len(known), 5, 2), np.float32)
    away = np.asarray(ignored, np.float32).reshape(-1, 4)
    return assign_faces(centres, strides, known, points, away), centres, strides


def test_there_is_a_cell_for_every_stride():
    centres, strides = cells(64)
    assert len(centres) == 64 + 16 + 4
    assert centres[0].tolist() == [4.0, 4.0]
    assert strides[-1] == 32


def test_small_faces_go_to_the_fine_map_and_large_ones_to_the_coarse():
    small, _, strides = assign([[100, 100, 120, 120]])
    large, _, _ = assign([[20, 20, 220, 220]])
    assert set(strides[small.kind == 1]) == {8}
    assert set(strides[large.kind == 1]) == {32}


def test_a_face_between_two_sizes_belongs_to_both_maps():
    shared, _, strides = assign([[100, 100, 135, 135]])
    assert set(strides[shared.kind == 1]) == {8, 16}


def test_cells_near_the_centre_have_the_face_and_the_others_have_none():
    found, centres, strides = assign([[96, 96, 128, 128]])
    near = np.abs(centres[found.kind == 1] - 112).max(axis=1)
    assert (near <= strides[found.kind == 1]).all()
    assert (found.kind == 0).sum() > 1300


def test_ignored_regions_and_tiny_faces_are_left_out():
    found, centres, _ = assign([[200, 200, 205, 205]], ignored=[[0, 0, 64, 64]])
    assert not (found.kind == 1).any()
    inside = (centres < 64).all(axis=1)
    assert (found.kind[inside] == -1).all()


def test_where_two_faces_meet_the_cells_belong_to_the_smaller_one():
    found, centres, _ = assign([[80, 80, 140, 140], [100, 100, 124, 124]])
    middle = np.abs(centres - 112).max(axis=1) < 9
    small = (found.boxes[middle & (found.kind == 1)] == [100, 100, 124, 124]).all(axis=1)
    assert small.any()
