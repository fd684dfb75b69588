"""Faces already cut out, each with one or more class labels."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.datasets.picture import Image

SIDE_PX = 64


@dataclass(frozen=True, slots=True, eq=False)
class LabelledFaces:
    """`images` (n, 64, 64, 3) BGR; `targets` (n, labels) class numbers; `groups`, one per face."""

    images: Image
    targets: NDArray[np.int64]
    groups: tuple[str, ...]

    def select(self, chosen: NDArray[np.bool_]) -> "LabelledFaces":
        """Return the faces for which `chosen` is true."""
        groups = tuple(name for name, one in zip(self.groups, chosen, strict=True) if one)
        return LabelledFaces(self.images[chosen], self.targets[chosen], groups)


def resize_face(image: Image) -> Image:
    """Resize a cut-out face to the input size of the class networks."""
    method = cv2.INTER_AREA if image.shape[0] > SIDE_PX else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (SIDE_PX, SIDE_PX), interpolation=method), np.uint8)
