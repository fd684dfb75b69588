"""One picture of the camera's stream, stamped where it was taken.

Two clocks travel with a frame. `captured_at` is civil time, for reports. `elapsed_s` is the
camera's own steady timeline: it never runs backwards and every duration is computed from it.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """`image` is height x width x 3, BGR, 8 bits, never modified after capture."""

    image: Image
    captured_at: datetime
    elapsed_s: float
    index: int

    @property
    def height_px(self) -> int:
        return int(self.image.shape[0])

    @property
    def width_px(self) -> int:
        return int(self.image.shape[1])
