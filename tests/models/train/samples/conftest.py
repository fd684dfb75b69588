"""A picture with two drawn faces, and views of faces, for the tests of training data."""

import numpy as np
import pytest

from models.datasets.picture import LabelledPicture
from models.train.samples.pose_views import Views

FACES = np.asarray([[50, 60, 90, 100], [250, 150, 310, 210]], np.float32)


@pytest.fixture(scope="session")
def street():
    """Faces are white squares on black; the landmarks are on their diagonals."""
    image = np.zeros((300, 400, 3), np.uint8)
    for x1, y1, x2, y2 in FACES.astype(int):
        image[y1:y2, x1:x2] = 255
    marks = np.stack([np.linspace(box[:2] + 5, box[2:] - 5, 5) for box in FACES])
    return LabelledPicture("facemask/street", image, FACES, marks.astype(np.float32))


@pytest.fixture(scope="session")
def wall():
    return LabelledPicture("backgrounds/wall", np.full((300, 400, 3), 60, np.uint8))


@pytest.fixture(scope="session")
def views():
    """Four views: a bright face with dark eyes on grey; two frontal, one turned, one raised."""
    box = np.asarray([34, 34, 94, 94], np.float32)
    marks = np.asarray([[50, 54], [78, 54], [64, 66], [54, 80], [74, 80]], np.float32)
    image = np.full((128, 128, 3), 100, np.uint8)
    image[34:94, 34:94] = 220
    for x, y in marks.astype(int):
        image[y - 2 : y + 3, x - 2 : x + 3] = 20
    angles = np.asarray([[0, 0, 0], [2, 3, 0], [45, 0, 5], [0, 30, 0]], np.float32)
    return Views(
        np.stack([image] * 4), np.stack([box] * 4), angles, np.stack([marks] * 4),
        np.asarray([1, 1, 2, 2], np.float32),
    )  # fmt: skip
