"""Faces already cut out, each with one or more class labels."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.datasets.picture import Image

SIDE_PX = 64


@dataclass(frozen=True, slots=True, eq=False)
class LabelledFaces:
    """`images` (n, 64, 64, 3) BGR; `targets` (n, labels) class numbers; `groups` one a face."""

    images: Image
    targets: NDArray[np.int64]
    groups: tuple[str, ...]

    def where(self, chosen: NDArray[np.bool_]) -> "LabelledFaces":
        """Return the faces of a mask."""
        groups = tuple(name for name, kept in zip(self.groups, chosen, strict=True) if kept)
        return LabelledFaces(self.images[chosen], self.targets[chosen], groups)


def sized(image: Image) -> Image:
    """Bring a cut-out face to the side the class networks want."""
    way = cv2.INTER_AREA if image.shape[0] > SIDE_PX else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (SIDE_PX, SIDE_PX), interpolation=way), np.uint8)
