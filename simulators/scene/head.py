"""The shape of a human head: a closed surface in centimetres, star-shaped around its axis.

These heads are constructed, not scanned. Proportions follow anatomy (eyes half-way
between crown and chin, 23 cm high, 15 cm wide); features are soft bumps and hollows on the face.
x runs to the viewer's right, y down, z towards the viewer; the eyes lie at y = 0.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

AROUND: Final = 460  # columns of the mesh; finer than a pixel at the size heads are drawn
DOWN: Final = 270
CROWN_CM: Final = -12.0
CHIN_CM: Final = 11.0

# height → half width, depth of the front midline, depth of the back
OUTLINE: Final = np.array(
    [
        (-12.0, 0.5, 0.3, -1.5),
        (-11.4, 3.4, 3.4, -4.6),
        (-10.0, 5.6, 5.9, -7.2),
        (-8.0, 6.9, 7.8, -9.0),
        (-6.0, 7.4, 8.7, -9.8),
        (-4.0, 7.5, 9.1, -10.0),
        (-2.0, 7.3, 9.2, -9.9),
        (0.0, 7.1, 8.8, -9.5),
        (2.0, 7.0, 8.9, -8.6),
        (4.0, 6.6, 9.0, -7.2),
        (6.0, 6.0, 9.0, -6.2),
        (8.0, 5.1, 8.8, -5.6),
        (9.5, 4.0, 8.8, -4.0),
        (10.5, 2.7, 7.9, -2.0),
        (11.0, 0.8, 4.6, 0.5),
    ]
)

# x (mirrored), y, height, spread in x, spread in y; all centimetres
BUMPS: Final = (
    (2.9, -2.1, 0.45, 1.7, 0.6),  # brow ridge
    (3.1, -0.2, -1.25, 1.5, 1.1),  # eye socket
    (3.1, 0.05, 0.62, 0.95, 0.75),  # eyeball
    (4.3, 2.7, 0.55, 1.5, 1.3),  # cheekbone
    (1.25, 4.2, 0.8, 0.55, 0.55),  # wing of the nose
    (4.2, 6.2, -0.35, 1.2, 1.6),  # hollow of the cheek
)
MIDLINE: Final = (
    (6.15, 0.42, 1.7, 0.36),  # y, height, spread in x, spread in y: upper lip
    (6.68, -0.30, 1.9, 0.16),  # between the lips
    (7.25, 0.52, 1.5, 0.40),  # lower lip
    (8.2, -0.25, 1.6, 0.40),  # fold above the chin
    (9.6, 0.5, 1.5, 0.9),  # chin
)
NOSE: Final = np.array(
    [
        (-1.6, 0.0),
        (-0.5, 0.35),
        (1.0, 1.0),
        (2.5, 1.75),
        (3.8, 2.5),
        (4.4, 2.2),
        (4.9, 0.9),
        (5.4, 0),
    ]
)


@dataclass(frozen=True, slots=True)
class Build:
    """Individual proportions of a head; 1.0 is average."""

    width: float = 1.0
    jaw: float = 1.0
    nose: float = 1.0
    nose_width: float = 1.0
    eyes_apart: float = 1.0
    brow: float = 1.0
    lips: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """Points (… x 3) with, for each, its longitude in degrees: 0 is the nose, ±180 the back."""

    points: Floats
    longitude_deg: Floats
    normals: Floats = field(repr=False)


def build_surface(build: Build) -> Surface:
    """Build the skin surface of one head."""
    longitude = np.linspace(-np.pi, np.pi, AROUND, dtype=np.float32)
    step = np.linspace(0.0, np.pi, DOWN, dtype=np.float32)
    half = (CHIN_CM - CROWN_CM) / 2
    height = (CROWN_CM + half) - half * (0.72 * np.cos(step) + 0.28 * (1 - 2 * step / np.pi))
    around, y = np.meshgrid(longitude, height)
    half_width, front, back = (_outline(height, column)[:, None] for column in (1, 2, 3))
    half_width = half_width * build.width * (1 + (build.jaw - 1) * np.clip(y / 8, 0, 1))
    x = half_width * _round_wave(np.sin(around), 0.92)
    z = np.where(np.cos(around) > 0, front, -back) * _round_wave(np.cos(around), 0.86)
    z = z + relief(x, y, build) * np.clip(np.cos(around) * 1.6, 0, 1)
    points = np.stack([x, y, z], axis=-1).astype(np.float32)
    return Surface(points, np.degrees(around).astype(np.float32), compute_normals(points))


def relief(x: Floats, y: Floats, build: Build) -> Floats:
    """Return the relief of the facial features, in centimetres."""
    wide = 0.62 + 0.42 * np.clip((y + 1) / 5, 0, 1) * build.nose_width
    out: Floats = build.nose * np.interp(y, NOSE[:, 0], NOSE[:, 1]) * np.exp(-((x / wide) ** 2) / 2)
    for at, (side, level, rise, spread_x, spread_y) in enumerate(BUMPS):
        rise *= build.brow if at == 0 else 1.0
        side *= build.eyes_apart if at < 3 else build.nose_width if at == 4 else 1.0
        for mirrored in (-side, side):
            out += rise * _bump(x - mirrored, y - level, spread_x, spread_y)
    for level, rise, spread_x, spread_y in MIDLINE:
        out += rise * build.lips * _bump(x, y - level, spread_x, spread_y)
    return np.asarray(out, dtype=np.float32)


def compute_normals(points: Floats) -> Floats:
    """Return the unit normals of a grid of points, pointing outwards."""
    down, around = np.gradient(points, axis=0), np.gradient(points, axis=1)
    across = np.cross(around, down)
    length = np.linalg.norm(across, axis=-1, keepdims=True)
    return np.asarray(across / np.maximum(length, 1e-6), dtype=np.float32)


def _outline(height: Floats, column: int) -> Floats:
    """Return a column of OUTLINE at each height, smoothed."""
    fine = np.linspace(CROWN_CM, CHIN_CM, 400)
    line = np.interp(fine, OUTLINE[:, 0], OUTLINE[:, column])
    window = np.hanning(27)
    smooth = np.convolve(np.pad(line, 13, mode="edge"), window / window.sum(), mode="valid")
    return np.asarray(np.interp(height, fine, smooth), dtype=np.float32)


def _bump(x: Floats, y: Floats, spread_x: float, spread_y: float) -> Floats:
    return np.asarray(np.exp(-((x / spread_x) ** 2 + (y / spread_y) ** 2) / 2))


def _round_wave(wave: Floats, power: float) -> Floats:
    return np.asarray(np.sign(wave) * np.abs(wave) ** power)
