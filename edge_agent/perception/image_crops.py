"""Normalises pictures to 8-bit BGR and cuts square crops out of them."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_agent.capture.frame import Image


class ImageError(ValueError):
    """The picture is neither 8-bit BGR nor grey."""


def as_bgr(image: NDArray[Any]) -> Image:
    """Return 8-bit BGR of a BGR, BGRA or grey picture; refuse anything else with the reason."""
    if image.dtype != np.uint8:
        raise ImageError(
            f"found a picture of {image.dtype}, expected 8 bits per channel; "
            "scale it to 0..255 before this call"
        )
    if image.ndim not in (2, 3) or 0 in image.shape:
        raise ImageError(
            f"found a picture of shape {image.shape}, expected height x width x 3 with at least "
            "one pixel; drop the frame"
        )
    channels = 1 if image.ndim == 2 else image.shape[2]
    if channels == 3:
        return image
    if channels == 1:
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR), np.uint8)
    if channels == 4:
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGRA2BGR), np.uint8)
    raise ImageError(f"found {channels} channels, expected 1, 3 or 4 (BGR order); convert it first")


def crop(
    image: Image, box: tuple[float, float, float, float], margin: float, side_px: int
) -> Image:
    """Cut the square of `margin` times the longer side of `box` and scale it to `side_px`.

    Beyond the picture's edge the edge is repeated; entirely outside the picture all is black.
    """
    side = max(2, round(max(box[2] - box[0], box[3] - box[1]) * margin))
    left = round((box[0] + box[2] - side) / 2)
    top = round((box[1] + box[3] - side) / 2)
    height, width = image.shape[:2]
    bottom, right = max(0, min(height, top + side)), max(0, min(width, left + side))
    inner = image[max(0, top) : bottom, max(0, left) : right]
    if not inner.size:
        return np.zeros((side_px, side_px, 3), np.uint8)
    edges = (
        max(0, -top),
        max(0, top + side - height),
        max(0, -left),
        max(0, left + side - width),
    )
    if any(edges):
        inner = np.asarray(cv2.copyMakeBorder(inner, *edges, cv2.BORDER_REPLICATE), np.uint8)
    interpolation = cv2.INTER_AREA if side > side_px else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(inner, (side_px, side_px), interpolation=interpolation), np.uint8)
