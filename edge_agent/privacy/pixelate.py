"""Heads under a mosaic, before a picture goes anywhere: to an encoder, a page, a disk.

A head keeps so few cells that no feature is left, however large it is in the picture. The box of
a face is widened first, since hair, ears and a detector's imprecision lie around it.
"""

from collections.abc import Iterable
from typing import Final

import cv2
import numpy as np

from edge_agent.capture.frame import Image

Box = tuple[float, float, float, float]  # x1, y1, x2, y2 in pixels
HEAD_CELLS: Final = 4  # across a widened head, whose face then has two
HEAD_MARGIN_RATIO: Final = 0.5  # of the face's own size, on each side
FRAME_CELLS: Final = 12  # across a picture in which nobody looked for faces


def widen(box: Box, share: float) -> Box:
    """The box, larger on each side by a share of its longer side."""
    x1, y1, x2, y2 = box
    by = share * max(x2 - x1, y2 - y1)
    return x1 - by, y1 - by, x2 + by, y2 + by


def pixelate_boxes(image: Image, boxes: Iterable[Box]) -> Image:
    """A copy with each box under a mosaic; boxes may reach beyond the picture."""
    picture = image.copy()
    height, width = picture.shape[:2]
    for x1, y1, x2, y2 in boxes:
        left, right = max(int(np.floor(x1)), 0), min(int(np.ceil(x2)), width)
        top, bottom = max(int(np.floor(y1)), 0), min(int(np.ceil(y2)), height)
        if left < right and top < bottom:
            head = image[top:bottom, left:right]  # of the original: overlaps are not mixed twice
            picture[top:bottom, left:right] = pixelate(head, HEAD_CELLS)
    return picture


def pixelate(image: Image, cells: int) -> Image:
    """The picture in `cells` cells across its longer side."""
    height, width = image.shape[:2]
    longer = max(height, width)
    size = max(round(cells * width / longer), 1), max(round(cells * height / longer), 1)
    few = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    enlarged = cv2.resize(few, (width, height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(enlarged, dtype=np.uint8)
