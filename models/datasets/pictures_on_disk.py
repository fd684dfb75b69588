"""Reads picture files of every common format as 8-bit BGR.

CMYK JPEGs and palettes become BGR; 16-bit files are scaled by the range of their type. An empty or
damaged file raises `PictureError`.
"""

from pathlib import Path

import cv2
import numpy as np

from edge_agent.perception.image_crops import as_bgr
from models.datasets.picture import Image


class PictureError(ValueError):
    """A file that cannot be read as a picture."""


def read_image(path: Path) -> Image:
    """Return the picture as BGR, 8 bits; raises `PictureError`."""
    content = np.frombuffer(path.read_bytes() if path.is_file() else b"", np.uint8)
    kinds = cv2.IMREAD_ANYDEPTH | cv2.IMREAD_COLOR
    deep = cv2.imdecode(content, kinds) if len(content) else None
    if deep is None:
        raise PictureError(
            f"found {path} of {len(content)} bytes that does not read as a picture, expected a "
            "JPEG, PNG, WebP or TIFF; replace the file or take its line out of the labels"
        )
    if deep.dtype == np.uint16:
        deep = (deep // 257).astype(np.uint8)
    return as_bgr(deep)
