"""A clothed body below a head: walking legs, swinging arms, a shadow on the floor."""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from simulators.scene.appearance import Appearance, Tone
from simulators.scene.lens import Lens
from simulators.scene.trajectory import Pose

SHIFT: Final = 3
SWING: Final = 0.42  # radians of a leg at an ordinary pace

Picture = NDArray[np.uint8]
Point = tuple[float, float]  # metres: to the picture's right of the feet, above the floor


class BodyPainter:
    """Draws on the picture in metres relative to one person's feet."""

    def __init__(self, picture: Picture, pose: Pose, lens: Lens) -> None:
        self._picture = picture
        self._scale = lens.scale(pose.z_m)
        self._feet = lens.pixel(pose.x_m, 0.0, pose.z_m)

    def shape(self, points: list[Point], tone: Tone) -> None:
        """Draw a filled polygon."""
        pixels = np.array([self._pixel(point) for point in points], dtype=np.int32)
        cv2.fillPoly(self._picture, [pixels], tone, cv2.LINE_AA, SHIFT)

    def limb(self, joints: list[Point], thick_m: float, tone: Tone) -> None:
        """Draw a line with round ends through the joints."""
        pixels = np.array([self._pixel(point) for point in joints], dtype=np.int32)
        thick = max(1, round(thick_m * self._scale))
        cv2.polylines(self._picture, [pixels], False, tone, thick, cv2.LINE_AA, SHIFT)

    def shadow(self, half_width_m: float) -> None:
        """Darken the floor around the feet."""
        column, row = (round(value) for value in self._feet)
        wide, high = round(half_width_m * self._scale), max(2, round(0.05 * self._scale))
        height, width = self._picture.shape[:2]
        top, bottom = max(0, row - high), min(height, row + high + 1)
        left, right = max(0, column - wide), min(width, column + wide + 1)
        if top >= bottom or left >= right:
            return
        down = ((np.arange(top, bottom) - row) / high)[:, None]
        across = ((np.arange(left, right) - column) / wide)[None, :]
        cover = 0.45 * np.clip(1 - down**2 - across**2, 0, 1)
        patch = self._picture[top:bottom, left:right]
        patch[:] = (patch * (1 - cover[..., None])).astype(np.uint8)

    def _pixel(self, point: Point) -> tuple[int, int]:
        column = self._feet[0] + point[0] * self._scale
        row = self._feet[1] - point[1] * self._scale
        return round(column * 2**SHIFT), round(row * 2**SHIFT)


def draw_body(picture: Picture, pose: Pose, appearance: Appearance, lens: Lens) -> None:
    """Draw everything below the chin, the far arm and leg first."""
    painter = BodyPainter(picture, pose, lens)
    tall = appearance.height_cm / 100
    turned = math.radians(pose.body_yaw_deg)
    swing = SWING * min(1.0, pose.speed_m_s) * math.sin(2 * math.pi * pose.stride_ratio)
    sideways = math.sin(turned)
    broad = 0.13 + 0.09 * abs(math.cos(turned))
    painter.shadow(0.38)
    for side in (-1, 1):
        _leg(painter, appearance, tall, side * swing, sideways, side * broad * 0.45)
    hang = 0.02 + 0.18 * abs(math.cos(turned))
    _arm(painter, appearance, tall, swing, sideways, -hang)
    _torso(painter, appearance, tall, broad, abs(pose.body_yaw_deg) < 80)
    _arm(painter, appearance, tall, -swing, sideways, hang)


def _leg(
    painter: BodyPainter,
    appearance: Appearance,
    tall: float,
    swing: float,
    sideways: float,
    aside: float,
) -> None:
    hip = (aside, 0.50 * tall)
    knee = (aside + 0.24 * tall * math.sin(swing) * sideways, 0.27 * tall)
    lift = 0.03 * max(0.0, -swing) * tall
    foot = (aside + 0.46 * tall * math.sin(swing) * sideways, 0.04 * tall + lift)
    toe = (foot[0] + 0.09 * sideways, foot[1] - 0.02)
    painter.limb([hip, knee, foot], 0.135, _shaded(appearance.trousers, 0.85 + 0.15 * (aside > 0)))
    painter.limb([foot, toe], 0.08, (28, 28, 32))


def _arm(
    painter: BodyPainter,
    appearance: Appearance,
    tall: float,
    swing: float,
    sideways: float,
    aside: float,
) -> None:
    reach = aside
    shoulder = (reach, 0.79 * tall)
    elbow = (reach * 1.12 + 0.17 * tall * math.sin(swing) * sideways, 0.62 * tall)
    hand = (reach * 1.1 + 0.34 * tall * math.sin(swing * 1.2) * sideways, 0.48 * tall)
    painter.limb([hand, (hand[0], hand[1] - 0.03)], 0.075, _shaded(appearance.skin, 0.8))
    painter.limb([shoulder, elbow, hand], 0.105, _shaded(appearance.coat, 0.82))


def _torso(
    painter: BodyPainter, appearance: Appearance, tall: float, broad: float, fronted: bool
) -> None:
    neck, shoulder, waist, hem = 0.845 * tall, 0.81 * tall, 0.6 * tall, 0.44 * tall
    right = [
        (0.055, neck),
        (broad * 0.78, shoulder + 0.005),
        (broad * 1.02, shoulder - 0.06),
        (broad * 0.88, waist),
        (broad * 0.98, hem),
    ]
    left = [(-x, y) for x, y in reversed(right)]
    painter.shape(right + left, appearance.coat)
    lit = [(0.0, neck), *left[::-1][1:], (-broad * 0.3, hem)]
    painter.shape(lit, _shaded(appearance.coat, 1.12))
    if fronted:
        painter.shape(
            [(0.05, neck), (-0.05, neck), (0.0, neck - 0.11)], _shaded(appearance.skin, 0.72)
        )


def _shaded(tone: Tone, factor: float) -> Tone:
    blue, green, red = (min(255, round(value * factor)) for value in tone)
    return blue, green, red
