"""The background: floor, wall and lamps of a concourse, with sensor noise and exposure drift.

Nothing on the walls resembles a face, so that whatever a detector finds is a person.
"""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from simulators.scene.lens import HORIZON_RATIO, Lens

WALL_M: Final = 8.5
NOISE_SHEETS: Final = 6
NOISE_LEVEL: Final = 1.6
DRIFT_RATIO: Final = 0.03
DRIFT_PERIOD_S: Final = 37.0

Picture = NDArray[np.uint8]


class Background:
    """A concourse without people, and a model of the sensor."""

    def __init__(self, lens: Lens, seed: int) -> None:
        rng = np.random.default_rng((seed, 1))
        self._empty = _concourse(lens, rng)
        shape = (NOISE_SHEETS, lens.height_px, lens.width_px, 1)
        noise = np.clip(rng.normal(0, NOISE_LEVEL, shape), -8, 8)
        self._noise = [split_signs(np.repeat(sheet.astype(np.int8), 3, axis=2)) for sheet in noise]
        self._phase = float(rng.uniform(0, 2 * math.pi))
        self._rng = rng

    def empty(self) -> Picture:
        """Return a copy to draw on."""
        return self._empty.copy()

    def add_exposure(self, picture: Picture, at_s: float) -> Picture:
        """Apply slow exposure drift and frame noise."""
        angle = 2 * math.pi * at_s / DRIFT_PERIOD_S + self._phase
        gain = 1 + DRIFT_RATIO * math.sin(angle)
        brighter, darker = self._noise[int(self._rng.integers(NOISE_SHEETS))]
        lit = cv2.convertScaleAbs(picture, alpha=gain)
        cv2.add(lit, brighter, dst=lit)
        return np.asarray(cv2.subtract(lit, darker, dst=lit), dtype=np.uint8)


def split_signs(noise: NDArray[np.int8]) -> tuple[Picture, Picture]:
    """Split noise into what it adds and what it subtracts, which OpenCV applies much faster."""
    return np.maximum(noise, 0).astype(np.uint8), np.maximum(-noise, 0).astype(np.uint8)


def _concourse(lens: Lens, rng: np.random.Generator) -> Picture:
    picture = np.empty((lens.height_px, lens.width_px, 3), dtype=np.uint8)
    # in a very wide and low picture the wall reaches below the lower edge
    floor_row = min(lens.height_px, round(lens.pixel(0, 0, WALL_M)[1]))
    _wall(picture, floor_row, lens, rng)
    _floor(picture, floor_row, lens)
    _lamps(picture, lens)
    soft = cv2.GaussianBlur(picture, (0, 0), max(0.6, lens.width_px / 1600))
    return np.asarray(soft, dtype=np.uint8)


def _wall(picture: Picture, floor_row: int, lens: Lens, rng: np.random.Generator) -> None:
    shade = np.linspace(0.82, 1.0, floor_row)[:, None, None]
    picture[:floor_row] = np.array((176, 180, 178)) * shade
    panel_px = max(8, round(1.2 * lens.scale(WALL_M)))
    for column in range(int(rng.integers(panel_px)), lens.width_px, panel_px):
        cv2.line(picture, (column, 0), (column, floor_row), (150, 154, 152), 2)
    for at in (0.16, 0.78):
        left, right = round(at * lens.width_px), round((at + 0.09) * lens.width_px)
        top, bottom = round(0.18 * lens.height_px), round(0.36 * lens.height_px)
        cv2.rectangle(picture, (left, top), (right, bottom), (120, 96, 70), -1)
        cv2.rectangle(picture, (left, top), (right, bottom), (90, 92, 94), 3)
    band = round(0.9 * floor_row)
    picture[band:floor_row] = (picture[band:floor_row] * 0.86).astype(np.uint8)


def _floor(picture: Picture, floor_row: int, lens: Lens) -> None:
    """Tiles of 0.6 m in perspective, darker towards the camera."""
    rows = np.arange(floor_row, lens.height_px)
    z_m = 1.75 * lens.focal_px / np.maximum(rows - HORIZON_RATIO * lens.height_px, 1.0)
    columns = np.arange(lens.width_px) - lens.width_px / 2
    x_m = columns[None, :] * z_m[:, None] / lens.focal_px
    chequered = (np.floor(x_m / 0.6) + np.floor(z_m / 0.6)[:, None]) % 2
    tone = np.array((132, 136, 140)) * (1 + 0.045 * (chequered[..., None] * 2 - 1))
    fall = np.linspace(1.0, 0.78, len(rows))[:, None, None]
    picture[floor_row:] = np.clip(tone * fall, 0, 255)


def _lamps(picture: Picture, lens: Lens) -> None:
    glow = np.zeros((lens.height_px, lens.width_px), dtype=np.float32)
    for at in (0.2, 0.5, 0.8):
        centre = round(at * lens.width_px), round(0.03 * lens.height_px)
        axes = round(0.09 * lens.width_px), max(2, round(0.012 * lens.height_px))
        cv2.ellipse(glow, centre, axes, 0, 0, 360, 1.0, -1)
    wide = cv2.GaussianBlur(glow, (0, 0), lens.height_px / 14)
    light = np.clip(glow * 90 + wide * 60, 0, 120)[..., None]
    picture[:] = np.clip(picture + light, 0, 255)
