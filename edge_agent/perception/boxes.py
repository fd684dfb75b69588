"""Overlap of boxes (left, top, right, bottom in pixels): of two, and of every pair of two lists."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Box = tuple[float, float, float, float]
Floats = NDArray[np.float32]

SMALLEST_UNION_PX2: Final = 1e-6  # boxes without area overlap nothing


def box_area(box: Box) -> float:
    """The area; 0 for a box without width or height."""
    return max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)


def intersection_area(one: Box, other: Box) -> float:
    """The area that both boxes cover."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return width * height if width > 0 and height > 0 else 0.0


def intersection_over_union(one: Box, other: Box) -> float:
    """Intersection over union of two boxes."""
    shared = intersection_area(one, other)
    return shared / (box_area(one) + box_area(other) - shared) if shared else 0.0


def intersections_and_unions(boxes: Floats, others: Floats) -> tuple[Floats, Floats]:
    """The areas of (..., 4) boxes with (..., 4) others; leading axes are broadcast."""
    low = np.maximum(boxes[..., :2], others[..., :2])
    high = np.minimum(boxes[..., 2:], others[..., 2:])
    shared = np.clip(high - low, 0, None).prod(axis=-1)
    area = (boxes[..., 2:] - boxes[..., :2]).prod(axis=-1)
    other_area = (others[..., 2:] - others[..., :2]).prod(axis=-1)
    return shared, np.maximum(area + other_area - shared, SMALLEST_UNION_PX2)


def overlap_ratios(boxes: Floats, others: Floats) -> Floats:
    """The (n, m) intersection over union of (n, 4) boxes with (m, 4) others."""
    shared, union = intersections_and_unions(boxes[:, None], others[None])
    return np.asarray(shared / union, np.float32)
