"""Estimates the illuminance from the picture, with bounds.

A camera regulates its exposure, so the brightness of the picture depends little on the light at
the site. With fixed exposure the mean of the linear picture is proportional to the illuminance of
the scene, and one reading of a light meter calibrates it: `lux_at_mid_grey` is the reading when the
mean of the picture was mid-grey (18 % of white). The reflectance of the scene (a white wall, dark
coats) is unknown by a factor of about three in both directions, so the estimate and its bounds are
reported. Near black and near white there is no estimate. For exact values use a light sensor.
"""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from edge_agent.capture.frame import BLACK, WHITE, Frame, Image
from edge_agent.privacy.pixelate import Box

EVERY_S: Final = 5.0
MID_GREY: Final = 0.18
GAMMA: Final = 2.2
FACTOR: Final = 3.0
DARKEST, BRIGHTEST = 0.002, 0.85  # of white: below is noise, above is clipped


class PictureLightSensor:
    """A frame observer that gives readings of illuminance."""

    def __init__(self, lux_at_mid_grey: float) -> None:
        self._lux_at_mid_grey = lux_at_mid_grey
        self._read_at_s = -EVERY_S
        self._readings: list[tuple[str, int]] = []

    def see(self, frame: Frame, _heads: Sequence[Box] | None) -> None:
        if frame.elapsed_s - self._read_at_s < EVERY_S:
            return
        self._read_at_s = frame.elapsed_s
        lux = self._lux(frame.luma())
        if lux is not None:
            bounds = (("lux", lux), ("lux_low", lux / FACTOR), ("lux_high", lux * FACTOR))
            self._readings += [(f"image_{name}", round(1000 * value)) for name, value in bounds]

    def close(self) -> None:
        """Nothing to release."""

    def take_readings(self) -> list[tuple[str, int]]:
        readings, self._readings = self._readings, []
        return readings

    def _lux(self, luma: Image) -> float | None:
        few = cv2.resize(luma, (64, 36), interpolation=cv2.INTER_NEAREST)
        white = np.clip((few.astype(np.float64) - BLACK) / (WHITE - BLACK), 0.0, 1.0)
        mean = float(np.mean(white**GAMMA))
        if not DARKEST < mean < BRIGHTEST:
            return None
        return self._lux_at_mid_grey * mean / MID_GREY
