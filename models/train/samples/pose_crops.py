"""Crops that the attention network is trained on, drawn from views of faces.

A crop is scaled, shifted, rotated a little, mirrored and passed through `photometric`: the boxes
of the detector are less exact than the labels.
"""

import cv2
import numpy as np

from models.datasets.picture import Floats, Image
from models.train.samples.photometric import weathered
from models.train.samples.pose_views import Views
from models.train.samples.scene_composer import MIRRORED

SIDE_PX = 64
CROP_MARGIN = 1.4
COARSE_SHARE, COARSE_SIDES_PX = 0.35, (17, 56)


def draw_crop(views: Views, index: int, rng: np.random.Generator) -> tuple[Image, Floats, Floats]:
    """Draw one crop: (64, 64, 3), angles (3,), landmarks (10,) in shares of the crop."""
    box, angles = views.boxes[index], views.angles[index].copy()
    points = views.landmarks[index]
    side = float(max(box[2] - box[0], box[3] - box[1])) * CROP_MARGIN * rng.uniform(0.82, 1.22)
    centre = (box[:2] + box[2:]) / 2 + rng.normal(0, 0.04, 2) * side
    turn = float(rng.normal(0, 6))
    cos, sin = np.cos(np.deg2rad(turn)), np.sin(np.deg2rad(turn))
    linear = np.asarray([[cos, -sin], [sin, cos]]) * SIDE_PX / side
    view = np.concatenate([linear, (SIDE_PX / 2 - linear @ centre)[:, None]], axis=1)
    image = views.images[index]
    if SIDE_PX / side < 0.7:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), 0.35 * side / SIDE_PX), np.uint8)
    small = cv2.warpAffine(image, view, (SIDE_PX, SIDE_PX), borderMode=cv2.BORDER_REPLICATE)
    marks = (points @ view[:, :2].T + view[:, 2]) / SIDE_PX
    angles[2] += turn
    if rng.random() < 0.5:
        small, marks, angles = small[:, ::-1], marks[MIRRORED], angles * (-1, 1, -1)
        marks = marks * (-1, 1) + (1, 0)
    image = weathered(_coarsen(np.ascontiguousarray(small), rng), rng)
    return image, angles.astype(np.float32), marks.reshape(-1).astype(np.float32)


def _coarsen(image: Image, rng: np.random.Generator) -> Image:
    """Give about a third of the faces the resolution of one of 12 to 40 px."""
    if rng.random() > COARSE_SHARE:
        return image
    side = int(rng.integers(*COARSE_SIDES_PX))
    small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (SIDE_PX, SIDE_PX)), np.uint8)


def balance_angles(views: Views) -> Floats:
    """Return the probability to draw each view: rare angles are drawn more often than they occur.

    A bin of yaw and pitch has a weight of the square root of its number of views.
    """
    bins = np.floor(np.abs(views.angles[:, :2]) / (10, 8)).astype(int).clip(0, 4)
    keys = bins[:, 0] * 10 + bins[:, 1]
    _, place, counts = np.unique(keys, return_inverse=True, return_counts=True)
    weights = 1.0 / np.sqrt(counts[place])
    return np.asarray(weights / weights.sum(), np.float64)
