"""Pictures of interiors, trails, streets and fruit without a face, where nothing is detected.

Source: dusty-nv/jetson-inference at 45da40a. Licence: the repository is MIT-style; the rights of
the photographs are as the repository states them.
"""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from models.datasets.picture import DatasetError, LabelledPicture
from models.datasets.pictures_on_disk import read_image

LICENCE = "MIT (dusty-nv/jetson-inference)"
LONGEST_PX = 800
NAME = "backgrounds/"


def pictures(folder: Path) -> Iterator[LabelledPicture]:
    """Yield every picture of `folder`, its longest side reduced to at most `LONGEST_PX`."""
    files = sorted(path for path in folder.glob("*") if path.suffix in {".jpg", ".png"})
    if not files:
        raise DatasetError(folder)
    for path in files:
        image = read_image(path)
        ratio = min(1.0, LONGEST_PX / max(image.shape[:2]))
        small = cv2.resize(image, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA)
        yield LabelledPicture(NAME + path.name, np.asarray(small, np.uint8))
