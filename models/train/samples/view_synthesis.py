"""New views of a frontal face: the picture is projected onto a simple head, which is turned.

The head is half an ellipsoid with a nose, seen from far away (face profiling, Zhu et al. 2016). The
surface point of every pixel of the new view is found by a damped fixed-point iteration. It is exact
where nothing is hidden and approximate at the outline. Usable up to about 35 degrees.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from models.datasets.picture import Floats, Image

ROUNDS, DAMPING = 14, 0.6
# half axes and nose of the head in widths and heights of the face's box, measured by eye
HALF_WIDTH, HALF_HEIGHT, DEPTH = 0.64, 0.80, 0.80
NOSE_OUT, NOSE_WIDE, NOSE_HIGH = 0.17, 0.075, 0.12
FLAT = 0.12


def rotation(yaw_deg: float, pitch_up_deg: float) -> NDArray[np.float64]:
    """Turn towards the picture's right, then up; x right, y down, z to the camera."""
    yaw, pitch = np.deg2rad(yaw_deg), np.deg2rad(pitch_up_deg)
    sideways = np.asarray(
        [[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]]
    )
    upwards = np.asarray(
        [[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]]
    )
    return np.asarray(upwards @ sideways)


def _depth(x: NDArray[np.float64], y: NDArray[np.float64], nose: Floats, box: Floats) -> Floats:
    """Return the height of the head's surface over the picture, px."""
    width, height = float(box[2] - box[0]), float(box[3] - box[1])
    across, down = x / (HALF_WIDTH * width), (y + 0.08 * height) / (HALF_HEIGHT * height)
    dome = DEPTH * width * np.sqrt(np.maximum(1 - across**2 - down**2, FLAT))
    aside, below = (x - nose[0]) / (NOSE_WIDE * width), (y - nose[1]) / (NOSE_HIGH * height)
    slope = np.where(below < 0, below * 0.55, below * 1.4)
    bump = NOSE_OUT * width * np.exp(-(aside**2 + slope**2) / 2)
    return np.asarray(dome + bump, np.float32)


def synthesize_view(
    image: Image, box: Floats, landmarks: Floats, *, yaw_deg: float, pitch_up_deg: float
) -> tuple[Image, Floats]:
    """Return the view of a head turned by these angles, and its landmarks in that view."""
    height, width = image.shape[:2]
    centre = np.asarray([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])
    nose = np.asarray(landmarks[2] - centre, np.float32)
    matrix = rotation(yaw_deg, pitch_up_deg)
    inverse = np.linalg.inv(matrix[:2, :2])
    columns, rows = np.meshgrid(np.arange(width) - centre[0], np.arange(height) - centre[1])
    x, y = columns.astype(np.float64), rows.astype(np.float64)
    # keep the middle of the head in place, so that the face remains in the picture
    anchor = matrix[:2, 2] * float(box[2] - box[0]) * DEPTH * 0.55
    for _ in range(ROUNDS):
        depth = _depth(x, y, nose, box)
        left = columns + anchor[0] - matrix[0, 2] * depth
        up = rows + anchor[1] - matrix[1, 2] * depth
        x += DAMPING * (inverse[0, 0] * left + inverse[0, 1] * up - x)
        y += DAMPING * (inverse[1, 0] * left + inverse[1, 1] * up - y)
    view = cv2.remap(
        image,
        (x + centre[0]).astype(np.float32),
        (y + centre[1]).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    flat = (landmarks - centre).astype(np.float64)
    heights = _depth(flat[:, 0], flat[:, 1], nose, box)
    solid = np.concatenate([flat, heights[:, None]], axis=1)
    points = solid @ matrix[:2].T - anchor + centre
    return np.asarray(view, np.uint8), points.astype(np.float32)
