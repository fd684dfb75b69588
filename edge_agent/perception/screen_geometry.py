"""Computes the probability that the gaze ray of a head meets the screen.

The position of a head follows from its face in the picture: the direction from the pixel and the
field of view, the distance from the height (a face is about 0.18 m from hairline to chin; Farkas
1994 gives 0.187 m for men and 0.173 m for women). The angles of the head are measured against its
line to the camera.

Screen coordinates are in metres, looking out from the screen: x to the right (the right of the
picture), y up, z outwards; the origin is the middle of the screen. A ray meets the screen when it
lies on the inner side of four planes, each through the head and one edge. The eyes lead the head
by up to 12 degrees, so every plane is widened by `gaze_margin_deg`. For one yaw the planes leave
arcs of pitch, whose probability is exact; the yaws are summed.
"""

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge_agent.perception.attention import GazeProbabilities, HeadAngles, gaze_from_angles
from edge_agent.perception.boxes import Box
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.perception import ViewSettings

Vector = NDArray[np.float64]

FACE_HEIGHT_M: Final = 0.18
DISTANCE_ERROR_RATIO: Final = 0.15  # one standard deviation: children, hats, loose boxes
YAWS: Final = np.asarray([NormalDist().inv_cdf((n + 0.5) / 64) for n in range(64)])

GazeEstimator = Callable[[HeadAngles, Box, tuple[int, int]], GazeProbabilities]


def gaze_estimator_for(settings: Settings) -> GazeEstimator:
    """The gaze estimator of these settings, given a face box and the size of the picture."""
    attention, view = settings.attention, settings.view
    if view is None:
        return lambda head, box, size_px: gaze_from_angles(head, attention)
    return ScreenGeometry(view, facing_deg=attention.facing_deg).gaze


class ScreenGeometry:
    """A screen and the camera that observes the people in front of it."""

    def __init__(self, view: ViewSettings, *, facing_deg: float) -> None:
        camera = view.camera
        self._axes = camera_axes(camera.pan_deg, camera.tilt_deg, camera.roll_deg)
        self._lens = np.asarray([camera.x_m, camera.y_m, camera.z_m])
        self._half_fov = math.radians(camera.horizontal_fov_deg / 2)
        half = view.screen_width_m / 2, view.screen_height_m / 2
        signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
        self._corners = np.asarray([(x * half[0], y * half[1], 0.0) for x, y in signs])
        self._gaze_rad = math.radians(view.gaze_margin_deg)
        self._facing_rad = math.radians(max(facing_deg, view.gaze_margin_deg))

    def gaze(self, head: HeadAngles, box: Box, size_px: tuple[int, int]) -> GazeProbabilities:
        """P(looking) and P(facing) of a head seen in `box` of a picture of `size_px`."""
        if not math.isfinite(head.yaw_deg + head.pitch_deg + head.sigma_deg):
            return GazeProbabilities(math.nan, math.nan)
        place = self.face_position(box, size_px)
        if place[2] <= 0:  # behind the screen or in its plane: the screen is not visible from there
            return GazeProbabilities(0.0, 0.0)
        basis = self._basis(place)
        sigma_rad = self._doubt(place, math.radians(head.sigma_deg))
        inward = edge_plane_normals(self._corners, place)
        yaw, pitch = math.radians(head.yaw_deg), math.radians(head.pitch_deg)
        looking, facing = (
            _hit_probability(inward, basis, yaw, pitch, sigma_rad, margin)
            for margin in (self._gaze_rad, self._facing_rad)
        )
        return GazeProbabilities(looking, facing)

    def face_position(self, box: Box, size_px: tuple[int, int]) -> Vector:
        """The middle of a face in screen coordinates, (3,) metres."""
        width, height = size_px
        focal_px = width / 2 / math.tan(self._half_fov)
        depth_m = focal_px * FACE_HEIGHT_M / max(box[3] - box[1], 1.0)
        right = ((box[0] + box[2]) / 2 - width / 2) / focal_px
        up = (height / 2 - (box[1] + box[3]) / 2) / focal_px
        seen: Vector = self._axes @ np.asarray([right, up, 1.0])
        return np.asarray(self._lens + depth_m * seen)

    def _basis(self, place: Vector) -> tuple[Vector, Vector, Vector]:
        """The head's own axes when it looks into the camera: ahead, picture's right, up."""
        ahead = _unit_vector(self._lens - place)
        right = _unit_vector(self._axes[:, 0] - (self._axes[:, 0] @ ahead) * ahead)
        up = self._axes[:, 1] - (self._axes[:, 1] @ ahead) * ahead
        return ahead, right, _unit_vector(up - (up @ right) * right)

    def _doubt(self, place: Vector, sigma_rad: float) -> float:
        """The error of the pose and, where screen and camera are far apart, of the distance."""
        apart = math.acos(
            float(np.clip(_unit_vector(-place) @ _unit_vector(self._lens - place), -1.0, 1.0))
        )
        return max(math.hypot(sigma_rad, DISTANCE_ERROR_RATIO * apart), 1e-4)


def camera_axes(pan_deg: float, tilt_deg: float, roll_deg: float) -> Vector:
    """(3, 3): the camera's right, up and ahead as columns, in screen coordinates.

    Pan turns to the right, tilt up, roll clockwise, in the reverse of this order.
    """
    pan, tilt, roll = (math.radians(angle) for angle in (pan_deg, tilt_deg, roll_deg))
    cos, sin = math.cos, math.sin
    about_y = [[cos(pan), 0, sin(pan)], [0, 1, 0], [-sin(pan), 0, cos(pan)]]
    about_x = [[1, 0, 0], [0, cos(tilt), sin(tilt)], [0, -sin(tilt), cos(tilt)]]
    about_z = [[cos(roll), sin(roll), 0], [-sin(roll), cos(roll), 0], [0, 0, 1]]
    return np.asarray(np.asarray(about_y) @ np.asarray(about_x) @ np.asarray(about_z))


def edge_plane_normals(corners: Vector, eye: Vector) -> Vector:
    """(4, 3) unit normals of the planes through `eye` and each edge, towards the screen."""
    to = corners - eye
    normals = np.cross(to, np.roll(to, -1, axis=0))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    inside = np.sign(normals @ to.mean(axis=0))
    return np.asarray(normals * inside[:, None])


def _hit_probability(
    inward: Vector,
    basis: tuple[Vector, Vector, Vector],
    yaw: float,
    pitch: float,
    sigma: float,
    margin: float,
) -> float:
    """P(the ray is at most `margin` outside every plane), all angles in radians."""
    ahead, right, up = basis
    yaws = yaw + sigma * YAWS
    level = np.cos(yaws)[:, None] * ahead + np.sin(yaws)[:, None] * right
    across, along = level @ inward.T, inward @ up
    # each plane excludes an arc of pitch around the direction that leads away from it
    away = np.arctan2(-along, -across)
    away += 2 * math.pi * np.round((pitch - away) / (2 * math.pi))
    reach = np.maximum(np.hypot(across, along), 1e-12)
    half = np.arccos(np.clip(math.sin(margin) / reach, -1.0, 1.0))
    order = np.argsort(away - half, axis=1)
    starts = np.take_along_axis(away - half, order, axis=1)
    ends = np.maximum.accumulate(np.take_along_axis(away + half, order, axis=1), axis=1)
    before = _normal_cdf((starts - pitch) / sigma)
    after = _normal_cdf((ends - pitch) / sigma)
    inside = np.concatenate([before, np.ones_like(before[:, :1])], axis=1)
    inside[:, 1:] -= after
    return float(np.clip(inside, 0.0, None).sum(axis=1).mean())


def _normal_cdf(z: Vector) -> Vector:
    """P(x < z) for standard normal x, to 1e-7 (Abramowitz and Stegun, 7.1.26)."""
    t = 1 / (1 + 0.3275911 * np.abs(z) / math.sqrt(2))
    series = 0.254829592 + t * (
        -0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))
    )
    tail = t * series * np.exp(-z * z / 2) / 2
    return np.asarray(np.where(z > 0, 1 - tail, tail))


def _unit_vector(vector: Any) -> Vector:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12))
