"""Draws a head at any angle, lit, with a transparent background.

Angles are degrees as measured by the camera: positive yaw turns the nose towards the picture's
right, positive pitch raises it; at 0, 0 the face points at the lens. Drawings are cached by rounded
angle, since a person has the same few angles for many frames.
"""

from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from simulators.scene.head import Floats
from simulators.scene.head_mesh import HeadMesh

PX_PER_CM: Final = 8.0
REACH_CM: Final = 20.0  # the sprite spans this much on every side of the point between the eyes
SIDE_PX: Final = int(2 * REACH_CM * PX_PER_CM)
YAW_STEP_DEG: Final = 2.5
PITCH_STEP_DEG: Final = 3.0
CAMERA_CM: Final = 220.0  # distance that the perspective of the drawing assumes
EDGE_ON: Final = -0.15  # points that face away further than this are never drawn
PIVOT: Final = np.array((0.0, 3.0, -1.5), dtype=np.float32)  # heads turn about the top of the neck
# Head-pose networks trained on photographs measure these faces 10 degrees too low.
NEUTRAL_DEG: Final = 10.0


def _unit(x: float, y: float, z: float) -> Floats:
    vector = np.array((x, y, z), dtype=np.float32)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


LAMP: Final = _unit(-0.35, -0.72, 0.60)
FILL: Final = _unit(0.55, -0.15, 0.82)
HALF_WAY: Final = _unit(-0.35, -0.72, 1.60)  # between lamp and camera: where skin shines

Sprite = NDArray[np.uint8]


class HeadRenderer:
    """Draws one head at any angle and caches the drawings."""

    def __init__(self, figure: HeadMesh) -> None:
        self._figure = figure
        self._drawn = lru_cache(maxsize=400)(self._draw)

    def at(self, yaw_deg: float, pitch_deg: float) -> Sprite:
        """Return a square BGRA picture, colours multiplied by alpha, centred between the eyes."""
        return self._drawn(round(yaw_deg / YAW_STEP_DEG), round(pitch_deg / PITCH_STEP_DEG))

    def _draw(self, yaw_steps: int, pitch_steps: int) -> Sprite:
        turn = rotation(yaw_steps * YAW_STEP_DEG, pitch_steps * PITCH_STEP_DEG)
        return draw_head(self._figure, turn)


def rotation(yaw_deg: float, pitch_deg: float) -> Floats:
    """Return the rotation matrix of a head; at 0, 0 it points at the camera."""
    yaw, pitch = np.radians((yaw_deg, pitch_deg + NEUTRAL_DEG))
    about_y = [(np.cos(yaw), 0, np.sin(yaw)), (0, 1, 0), (-np.sin(yaw), 0, np.cos(yaw))]
    about_x = [(1, 0, 0), (0, np.cos(pitch), -np.sin(pitch)), (0, np.sin(pitch), np.cos(pitch))]
    return np.asarray(np.array(about_y) @ np.array(about_x), dtype=np.float32)


def draw_head(figure: HeadMesh, turn: Floats) -> Sprite:
    """Draw every visible point, the nearest last."""
    facing = np.flatnonzero(figure.normals @ turn[2] > EDGE_ON)
    points = (figure.points[facing] - PIVOT) @ turn.T + PIVOT
    order = np.argsort((points[:, 2] * 400).astype(np.int16), kind="stable")
    points, facing = points[order], facing[order]
    scale = PX_PER_CM * CAMERA_CM / (CAMERA_CM - points[:, 2])
    at = (points[:, :2] * scale[:, None] + SIDE_PX / 2).astype(np.int32)
    inside = ((at >= 0) & (at < SIDE_PX)).all(axis=1)
    cell = at[inside, 1] * SIDE_PX + at[inside, 0]
    nearest = np.full(SIDE_PX * SIDE_PX, -1, dtype=np.int32)
    nearest[cell] = facing[inside]
    visible = nearest[nearest >= 0]
    sprite = np.zeros((SIDE_PX * SIDE_PX, 4), dtype=np.uint8)
    normals = figure.normals[visible] @ turn.T
    sprite[nearest >= 0, :3] = shade_points(figure.colours[visible], normals, figure.shine[visible])
    sprite[nearest >= 0, 3] = 255
    return _fill_holes(sprite.reshape(SIDE_PX, SIDE_PX, 4))


def shade_points(colours: Floats, normals: Floats, shine: Floats) -> NDArray[np.uint8]:
    """Shade colours with a lamp from above, a fill light, and ambient light."""
    lamp, fill, gloss = (np.clip(normals @ towards, 0, 1) for towards in (LAMP, FILL, HALF_WAY))
    level = 0.32 + 0.50 * lamp + 0.22 * fill
    shaded = colours * level[:, None] + (255 * gloss**24 * shine)[:, None]
    return np.asarray(np.clip(shaded, 0, 255), dtype=np.uint8)


def _fill_holes(sprite: Sprite) -> Sprite:
    """Fill holes between points with neighbouring colours and smooth the outline."""
    alpha = sprite[..., 3]
    whole = cv2.morphologyEx(alpha, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    grown = cv2.dilate(sprite, np.ones((3, 3), np.uint8))
    holes = (alpha == 0) & (whole > 0)
    sprite[holes] = grown[holes]
    sprite[..., 3] = np.where(sprite[..., 3] > 0, 255, 0)
    soft = cv2.GaussianBlur(sprite, (0, 0), 0.7)
    return np.asarray(soft, dtype=np.uint8)
