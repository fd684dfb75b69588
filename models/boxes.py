"""Intersection over union of lists of boxes. For two boxes see `edge_agent.perception.tracker`."""

import numpy as np

from models.datasets.picture import Floats


def overlap_ratios(boxes: Floats, others: Floats) -> Floats:
    """Return the (n, m) intersection over union of two lists of boxes (x1, y1, x2, y2)."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    other = (others[:, 2:] - others[:, :2]).prod(axis=1)
    union = area[:, None] + other[None] - shared
    return np.asarray(shared / np.maximum(union, 1e-6), np.float32)
