"""Decides whether a picture is usable; otherwise the time is unobserved, with a cause.

The decision uses the 320 x 180 luma. Sharpness is the variance of the Laplacian of the slightly
smoothed picture, divided by the variance of the picture. At full size a Laplacian measures sensor
noise, without smoothing it still does at dusk, and without the division darkness counts as blur.
The thresholds are where faces are no longer detected, not where a picture looks bad.

- dark: nearly everything (95 %) is darker than `dark_below`: only sensor noise is left.
- overexposed: half the picture is at least `bright_above`: faces are burnt out.
- flat: no contrast at all; a cap, a wall, a sheet of paper before the lens.
- blurred: below `sharp_ratio`. Ten real scenes, some dark and noisy, measured 0.0012 to 0.05 in
  focus and no less than 0.0009 when blurred by 0.2 % of their width (Gaussian sigma, 4 px of
  1920); by 1 %, which is a whole face at walking distance, half of them fell below 0.0005, and by
  2 % nearly all.
- obstructed: most of the edges that `viewpoint.py` has stored are gone for some time.
- frozen: exactly the same picture for `frozen_after_s`; sensor noise never repeats.
"""

import math
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_agent.capture.frame import Image
from edge_agent.selection.viewpoint import Viewpoint, ViewpointState
from edge_agent.settings.capture import QualitySettings
from wire.audience import BlindCause

DARK_SHARE: Final = 0.95
BRIGHT_SHARE: Final = 0.5
SMOOTHING: Final = cv2.getGaussianKernel(7, 1.2, cv2.CV_32F)  # seven taps hold 99.7 % of it


class ImageQuality:
    """Checks each sampled picture; stores the last one and the viewpoint."""

    def __init__(self, settings: QualitySettings) -> None:
        self._settings = settings
        self._last: Image | None = None
        self._changed_s = 0.0
        self._viewpoint = Viewpoint()
        self.moved = False

    def apply_settings(self, settings: QualitySettings, *, reset: bool) -> None:
        """Use these settings from now on; `reset` when the picture itself has changed."""
        self._settings = settings
        if reset:
            self._viewpoint = Viewpoint()
            self.moved = False

    def unobserved_cause(self, picture: Image, at_s: float) -> BlindCause | None:
        """Why the downscaled `picture` is not usable; None when it is."""
        if self._last is None or cv2.norm(self._last, picture, cv2.NORM_INF):
            self._last, self._changed_s = picture, at_s
        if at_s - self._changed_s >= self._settings.frozen_after_s:
            return BlindCause.FROZEN
        cause = assess_picture(picture, self._settings)
        if cause is None:
            view = self._viewpoint.view(picture, at_s)
            self.moved = view is ViewpointState.MOVED
            cause = BlindCause.OBSTRUCTED if view is ViewpointState.OBSTRUCTED else None
        return cause


def assess_picture(picture: Image, settings: QualitySettings) -> BlindCause | None:
    """The cause that one picture shows by itself."""
    if np.count_nonzero(picture < math.ceil(settings.dark_below)) >= DARK_SHARE * picture.size:
        return BlindCause.DARK
    if np.count_nonzero(picture >= math.ceil(settings.bright_above)) > BRIGHT_SHARE * picture.size:
        return BlindCause.OVEREXPOSED
    if standard_deviation(picture) < settings.flat_below:
        return BlindCause.FLAT
    if sharpness_ratio(picture) < settings.sharp_ratio:
        return BlindCause.BLURRED
    return None


def sharpness_ratio(picture: Image) -> float:
    """Laplacian variance over picture variance; 0 for a picture without contrast."""
    smooth = cv2.sepFilter2D(picture, cv2.CV_32F, SMOOTHING, SMOOTHING)
    edges = standard_deviation(cv2.Laplacian(smooth, cv2.CV_32F))
    return (edges / max(standard_deviation(smooth), 1e-3)) ** 2


def standard_deviation(picture: NDArray[Any]) -> float:
    """Standard deviation, in levels."""
    return float(cv2.meanStdDev(picture)[1][0, 0])
