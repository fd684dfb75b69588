"""Pixelates heads in an image before it is encoded, shown or stored.

A head keeps so few cells that no facial feature remains, however large it is in the image. The face
box is widened first, to cover hair, ears and the imprecision of the detector.
"""

from collections.abc import Iterable
from typing import Final

import cv2
import numpy as np

from edge_agent.capture.frame import Image

Box = tuple[float, float, float, float]  # x1, y1, x2, y2 in pixels
HEAD_CELLS: Final = 4  # across a widened head; its face has two
HEAD_MARGIN_RATIO: Final = 0.5  # of the face size, on each side
FRAME_CELLS: Final = 12  # across a frame that was not searched for heads


def widen(box: Box, ratio: float) -> Box:
    """The box, enlarged on each side by a ratio of its longer side."""
    x1, y1, x2, y2 = box
    margin = ratio * max(x2 - x1, y2 - y1)
    return x1 - margin, y1 - margin, x2 + margin, y2 + margin


def pixelate_boxes(image: Image, boxes: Iterable[Box]) -> Image:
    """A copy with each box pixelated; boxes may extend beyond the image."""
    result = image.copy()
    height, width = result.shape[:2]
    for x1, y1, x2, y2 in boxes:
        left, right = max(int(np.floor(x1)), 0), min(int(np.ceil(x2)), width)
        top, bottom = max(int(np.floor(y1)), 0), min(int(np.ceil(y2)), height)
        if left < right and top < bottom:
            head = image[
                top:bottom, left:right
            ]  # of the original, so that overlaps are pixelated once
            result[top:bottom, left:right] = pixelate(head, HEAD_CELLS)
    return result


def pixelate(image: Image, cells: int) -> Image:
    """The image reduced to `cells` cells across its longer side."""
    height, width = image.shape[:2]
    longer = max(height, width)
    size = max(round(cells * width / longer), 1), max(round(cells * height / longer), 1)
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    enlarged = cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(enlarged, dtype=np.uint8)
