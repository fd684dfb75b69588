"""One picture of the camera's stream, stamped where it was taken.

Two clocks travel with a frame. `captured_at` is civil time, for reports. `elapsed_s` is the
camera's own steady timeline: it never runs backwards and every duration is computed from it.

Colours are dear: most pictures are only asked for their luma, which the decoder has lying ready.
So a frame may carry recipes instead of arrays; each is followed at most once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
BLACK, WHITE = 16, 235  # of encoded video (ITU-R BT.601); thresholds are on this scale


class Frame:
    """`image` is height x width x 3, BGR, 8 bits, never modified after capture.

    A coarse frame comes from a camera's small stream alone: enough to see that something moves.
    """

    __slots__ = ("_image", "_luma", "captured_at", "elapsed_s", "index", "is_coarse")

    def __init__(
        self,
        image: Image | Callable[[], Image],
        captured_at: datetime,
        elapsed_s: float,
        index: int,
        *,
        luma: Callable[[], Image] | None = None,
        is_coarse: bool = False,
    ) -> None:
        self._image = image
        self._luma = luma
        self.captured_at = captured_at
        self.elapsed_s = elapsed_s
        self.index = index
        self.is_coarse = is_coarse

    @property
    def image(self) -> Image:
        if callable(self._image):
            self._image = self._image()
        return self._image

    @property
    def height_px(self) -> int:
        return int(self.image.shape[0])

    @property
    def width_px(self) -> int:
        return int(self.image.shape[1])

    def luma(self) -> Image:
        """Height x width, 8 bits: the picture without its colours, on video levels.

        Black is 16 and white 235, whatever range the camera encodes in.
        """
        if self._luma is not None:
            return self._luma()
        return to_video_levels(np.asarray(cv2.cvtColor(self.image, cv2.COLOR_BGR2GRAY), np.uint8))


def to_video_levels(full: Image) -> Image:
    """Brightness from 0 to 255 on the scale from `BLACK` to `WHITE`."""
    return np.asarray(cv2.convertScaleAbs(full, alpha=(WHITE - BLACK) / 255, beta=BLACK), np.uint8)


@dataclass(frozen=True, slots=True)
class FrameGap:
    """No picture came, and this is the time: so that the hours of a dead camera are told.

    While `resting` the camera is well and sends, but nothing has been decoded since the last one.
    """

    captured_at: datetime
    elapsed_s: float
    resting: bool = False
