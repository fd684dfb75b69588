"""One picture of a camera with its two time stamps.

`captured_at` is wall-clock time (UTC), for reports. `elapsed_s` is the monotonic timeline of the
camera: it never runs backwards, and every duration is computed from it.

Converting colours is expensive, and most pictures are needed as luma only, which the decoder
provides. So a frame may hold functions instead of arrays; each is called at most once.
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

    A coarse frame comes from the substream alone: enough to detect motion, not faces.
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
        """Height x width, 8 bits: the luma on video levels.

        Black is 16 and white 235, whatever range the camera encodes in.
        """
        if self._luma is not None:
            return self._luma()
        return to_video_levels(np.asarray(cv2.cvtColor(self.image, cv2.COLOR_BGR2GRAY), np.uint8))


def to_video_levels(full: Image) -> Image:
    """Convert luma from the range 0 to 255 to the range from `BLACK` to `WHITE`."""
    return np.asarray(cv2.convertScaleAbs(full, alpha=(WHITE - BLACK) / 255, beta=BLACK), np.uint8)


@dataclass(frozen=True, slots=True)
class FrameGap:
    """A moment without a picture, so that the time of a failed camera is reported as unobserved.

    While `resting` the camera sends, but no picture has been decoded since the last one.
    """

    captured_at: datetime
    elapsed_s: float
    resting: bool = False
