"""Downscales the luma for the quality check and the motion gate."""

from typing import Final

import cv2
import numpy as np

from edge_agent.capture.frame import Image

DOWNSCALED_SIZE_PX: Final = (320, 180)
ROWS_ENOUGH: Final = 2 * DOWNSCALED_SIZE_PX[1]


def downscale(luma: Image) -> Image:
    """The picture at 320 x 180, averaged over areas.

    Averaging all of 1080p costs three times as much as averaging every third row, which is 12 of
    36 pixels. OpenCV is fast at halving, so that comes first.
    """
    rows = luma.shape[0] // ROWS_ENOUGH if luma.shape[0] >= 3 * ROWS_ENOUGH else 1
    picture = luma[::rows]
    height, width = picture.shape
    if width >= 4 * DOWNSCALED_SIZE_PX[0] and not width % 2 and not height % 2:
        picture = _resize_area(picture, (width // 2, height // 2))
    return _resize_area(picture, DOWNSCALED_SIZE_PX)


def _resize_area(picture: Image, size_px: tuple[int, int]) -> Image:
    return np.asarray(cv2.resize(picture, size_px, interpolation=cv2.INTER_AREA), np.uint8)
