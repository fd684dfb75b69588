"""A training picture with the labels of its faces.

Coordinates are pixels of the picture, x to the right, y down, corners x1, y1, x2, y2. The landmarks
of a face without labelled ones are NaN. `ignored` are regions that may contain a face; they are
left out of training. `decoys` are false detections of an earlier detector.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]


def no_boxes() -> Floats:
    return np.zeros((0, 4), np.float32)


def no_landmarks() -> Floats:
    return np.zeros((0, 5, 2), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class LabelledPicture:
    """`image` BGR; `boxes` (n, 4); `landmarks` (n, 5, 2), the subject's right side first."""

    name: str
    image: Image
    boxes: Floats = field(default_factory=no_boxes)
    landmarks: Floats = field(default_factory=no_landmarks)
    ignored: Floats = field(default_factory=no_boxes)
    decoys: Floats = field(default_factory=no_boxes)


class DatasetError(FileNotFoundError):
    """A folder or file of a data set that is missing or cannot be read."""

    def __init__(self, folder: object) -> None:
        super().__init__(
            f"found no data set at {folder}, expected the file or folder described in its reader; "
            "correct the path, or pass --data DIR, the folder that holds train/ and dev/"
        )
