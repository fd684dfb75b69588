"""Intel's Apache-2.0 networks as teachers: boxes, five landmarks and head pose.

Run with OpenVINO for training only; they are not part of the product. Inputs are BGR, 0 to 255.
Sources: Open Model Zoo, face-detection-adas-0001, landmarks-regression-retail-0009 and
head-pose-estimation-adas-0001.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from models.datasets.picture import Floats, Image

LICENCE = "Apache-2.0"
# smaller pictures are not cut into tiles
LEAST_TILED_PX = 200
FACE_SIZE_PX, LANDMARK_SIZE_PX, POSE_SIZE_PX = (672, 384), (48, 48), (60, 60)


Network = Callable[[Floats], Any]
"""Maps (1, 3, h, w) to outputs by number, or by name for head pose."""


def load_teacher(folder: Path) -> "IntelTeacher":
    """Load all three networks; `folder` contains their .xml and .bin files."""
    import openvino

    core = openvino.Core()
    settings = {"INFERENCE_NUM_THREADS": 1, "PERFORMANCE_HINT": "LATENCY"}
    names = ("face-detection-adas-0001", "landmarks-regression-retail-0009",
             "head-pose-estimation-adas-0001")  # fmt: skip
    faces, landmarks, pose = (
        core.compile_model(str(folder / f"{name}.xml"), "CPU", settings) for name in names
    )
    return IntelTeacher(faces, landmarks, pose)


def _planes(image: Image, size_px: tuple[int, int]) -> Floats:
    resized = cv2.resize(image, size_px, interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(resized.transpose(2, 0, 1)[None], np.float32)


def cut_square(image: Image, box: Floats, margin: float = 1.0) -> Image:
    """Return the square around `box`, `margin` times its longer side; edges are replicated."""
    centre = ((float(box[0]) + float(box[2])) / 2, (float(box[1]) + float(box[3])) / 2)
    side = max(2, round(max(float(box[2] - box[0]), float(box[3] - box[1])) * margin))
    left, top = round(centre[0] - side / 2), round(centre[1] - side / 2)
    pad = max(0, -left, -top, left + side - image.shape[1], top + side - image.shape[0])
    if pad:
        image = np.asarray(
            cv2.copyMakeBorder(image, pad, pad, pad, pad, cv2.BORDER_REPLICATE), np.uint8
        )
    return image[top + pad : top + pad + side, left + pad : left + pad + side].copy()


@dataclass(frozen=True, slots=True, eq=False)
class FacesOfTeacher:
    """`boxes` (n, 4) px and `scores` (n,) of one picture."""

    boxes: Floats
    scores: Floats


class IntelTeacher:
    """Finds faces, places their landmarks and measures head pose."""

    def __init__(self, faces: Network, landmarks: Network, pose: Network) -> None:
        self._faces = faces
        self._landmarks = landmarks
        self._pose = pose

    def faces(self, image: Image, *, least_score: float = 0.3) -> FacesOfTeacher:
        """Find faces in the whole picture and in overlapping quarters and ninths of it.

        The network needs faces of 20 px; a face of 6 px has that size in a ninth.
        """
        height, width = image.shape[:2]
        views = [(0, 0, width, height)]
        if max(height, width) > LEAST_TILED_PX:
            views += _tiles(width, height, 2) + _tiles(width, height, 3)
        found = np.concatenate([self._view(image, view) for view in views])
        found = found[found[:, 4] >= least_score]
        corners = [
            [float(x1), float(y1), float(x2 - x1), float(y2 - y1)]
            for x1, y1, x2, y2 in found[:, :4]
        ]
        best = cv2.dnn.NMSBoxes(corners, found[:, 4].tolist(), least_score, 0.4)
        order = np.asarray(best, np.int64).reshape(-1)
        return FacesOfTeacher(found[order, :4], found[order, 4])

    def _view(self, image: Image, view: tuple[int, int, int, int]) -> Floats:
        left, top, width, height = view
        part = image[top : top + height, left : left + width]
        rows = self._faces(_planes(part, FACE_SIZE_PX))[0].reshape(-1, 7)
        rows = rows[rows[:, 2] > 0.05]
        scale = np.asarray([width, height, width, height], np.float32)
        boxes = rows[:, 3:7] * scale + np.asarray([left, top, left, top], np.float32)
        inside = _are_whole(rows[:, 3:7], view, image.shape)
        return np.asarray(np.concatenate([boxes, rows[:, 2:3]], axis=1)[inside], np.float32)

    def landmarks(self, image: Image, box: Floats) -> Floats:
        """Return (5, 2) px: the right eye of the subject first, as in `models.datasets.picture`."""
        side = float(max(box[2] - box[0], box[3] - box[1]))
        centre = np.asarray([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2], np.float32)
        face = cut_square(image, box)
        points = self._landmarks(_planes(face, LANDMARK_SIZE_PX))[0].reshape(5, 2)
        return np.asarray(points * side + (centre - side / 2), np.float32)

    def pose(self, face: Image) -> Floats:
        """Return (3,) degrees: yaw to the picture's right, pitch up, roll clockwise."""
        outputs = self._pose(_planes(face, POSE_SIZE_PX))
        yaw, down, roll = (float(outputs[f"angle_{axis}_fc"].item()) for axis in "ypr")
        return np.asarray([yaw, -down, roll], np.float32)

    def pose_of(self, image: Image, box: Floats, margins: Sequence[float]) -> Floats:
        """Return the mean pose over several crops of one face."""
        poses = [self.pose(cut_square(image, box, margin)) for margin in margins]
        return np.asarray(np.mean(poses, axis=0), np.float32)


def _tiles(width: int, height: int, across: int) -> list[tuple[int, int, int, int]]:
    """Cut a picture into `across` by `across` tiles that overlap by a fifth, as x, y, w, h."""
    w, h = int(width * 1.2 / across), int(height * 1.2 / across)
    steps = [part / (across - 1) for part in range(across)]
    return [(int((width - w) * x), int((height - h) * y), w, h) for x in steps for y in steps]


def _are_whole(boxes: Floats, view: tuple[int, int, int, int], shape: tuple[int, ...]) -> Any:
    """Return which boxes are not cut by an edge of the view inside the picture."""
    left, top, width, height = view
    edges = ((boxes[:, 0] > 0.01) | (left == 0)) & ((boxes[:, 1] > 0.01) | (top == 0))
    edges &= (boxes[:, 2] < 0.99) | (left + width >= shape[1])
    return edges & ((boxes[:, 3] < 0.99) | (top + height >= shape[0]))
