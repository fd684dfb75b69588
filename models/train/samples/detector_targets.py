"""Assigns the faces of a training picture to cells of the detector's maps.

A face belongs to the cells around its centre, in the maps of one or two strides, by its size
(neighbouring strides share a range of sizes). Cells inside ignored regions and inside faces that
are too small are left out of the loss.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.datasets.picture import Floats

# stride -> sizes of its faces (square root of the area, px)
SIZES_PX = {8: (0.0, 40.0), 16: (28.0, 88.0), 32: (64.0, np.inf)}
LEAST_SIZE_PX = 5.5
REACH = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """All cells of all strides in one row: `kind` 1 face, 0 none, -1 ignored."""

    kind: NDArray[np.int8]
    boxes: Floats
    landmarks: Floats


def cells(side_px: int) -> tuple[Floats, Floats]:
    """Return every cell's centre (n, 2) and stride (n,), px, of a square input."""
    centres, strides = [], []
    for stride in SIZES_PX:
        line = (np.arange(side_px // stride, dtype=np.float32) + 0.5) * stride
        grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
        centres.append(grid)
        strides.append(np.full(len(grid), stride, np.float32))
    return np.concatenate(centres), np.concatenate(strides)


def assign_faces(
    centres: Floats, strides: Floats, boxes: Floats, landmarks: Floats, ignored: Floats
) -> Targets:
    """Assign each face to the cells within `REACH` strides of its centre, the smallest last."""
    kind = np.zeros(len(centres), np.int8)
    targets = np.zeros((len(centres), 4), np.float32)
    points = np.full((len(centres), 10), np.nan, np.float32)
    for box in ignored:
        kind[_inside(centres, box)] = -1
    sizes = np.sqrt(np.maximum((boxes[:, 2:] - boxes[:, :2]).prod(axis=1), 0.0))
    for index in np.argsort(-sizes):
        if sizes[index] < LEAST_SIZE_PX:
            kind[_inside(centres, boxes[index])] = -1
            continue
        near = _near(centres, strides, boxes[index], float(sizes[index]))
        kind[near], targets[near] = 1, boxes[index]
        points[near] = landmarks[index].reshape(-1)
    return Targets(kind, targets, points)


def _inside(centres: Floats, box: Floats) -> NDArray[np.bool_]:
    within = (centres >= box[:2]) & (centres <= box[2:])
    return np.asarray(within.all(axis=1))


def _near(centres: Floats, strides: Floats, box: Floats, size: float) -> NDArray[np.bool_]:
    middle = (box[:2] + box[2:]) / 2
    close = np.abs(centres - middle).max(axis=1) <= REACH * strides
    suits = np.zeros(len(centres), bool)
    for stride, (low, high) in SIZES_PX.items():
        if low <= size < high:
            suits |= strides == stride
    return np.asarray(close & suits)
