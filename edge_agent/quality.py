"""Can anything be seen in this picture at all? If not, why not: the time is blind, not empty.

Judged on the 320 x 180 luma. Sharpness is the variance of the Laplacian divided by the variance
of the picture: at full size a Laplacian measures sensor noise, and undivided it calls darkness
blur. Thresholds are set where a face could no longer be found, not where a photograph would
displease; a camera that is merely poor still measures.

- dark: nearly everything (95 %) is darker than `dark_below`: nothing but sensor noise is left.
- overexposed: half the picture is at least `bright_above`: faces are burnt out.
- flat: no contrast at all; a cap, a wall, a sheet of paper before the lens.
- blurred: below `sharp_ratio`, what a defocus of about a hundredth of the width leaves.
- frozen: the very same picture for `frozen_after_s`; a living sensor's noise never repeats.
"""

from typing import Final

import cv2
import numpy as np

from edge_agent.frame import Image
from edge_agent.settings import QualitySettings
from wire.audience import BlindCause

DARK_PERCENTILE: Final = 95
BRIGHT_PERCENTILE: Final = 50


class Quality:
    """Judges each sampled picture; remembers only since when it has not changed."""

    def __init__(self, settings: QualitySettings) -> None:
        self._settings = settings
        self._last: Image | None = None
        self._changed_s = 0.0

    def blindness(self, picture: Image, at_s: float) -> BlindCause | None:
        """Why nothing can be seen in `picture` (`motion.small`), or None when something can."""
        if self._last is None or not np.array_equal(self._last, picture):
            self._last, self._changed_s = picture, at_s
        if at_s - self._changed_s >= self._settings.frozen_after_s:
            return BlindCause.FROZEN
        return verdict(picture, self._settings)


def verdict(picture: Image, settings: QualitySettings) -> BlindCause | None:
    """What one picture alone shows."""
    if float(np.percentile(picture, DARK_PERCENTILE)) < settings.dark_below:
        return BlindCause.DARK
    if float(np.percentile(picture, BRIGHT_PERCENTILE)) >= settings.bright_above:
        return BlindCause.OVEREXPOSED
    spread = float(picture.std())
    if spread < settings.flat_below:
        return BlindCause.FLAT
    if sharpness_ratio(picture) < settings.sharp_ratio:
        return BlindCause.BLURRED
    return None


def sharpness_ratio(picture: Image) -> float:
    """Laplacian variance over picture variance; 0 for a picture without contrast."""
    variance = float(picture.var())
    if variance < 1e-6:
        return 0.0
    return float(cv2.Laplacian(picture, cv2.CV_16S).var()) / variance
