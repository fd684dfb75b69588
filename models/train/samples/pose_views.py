"""Views of faces with labelled head pose, from permissive pictures and an Apache-2.0 teacher.

Every portrait of the synthetic sheets is turned by known angles. The label of a view is the mean of
two poses: the teacher's pose of the original plus the turn, and the teacher's pose of the view. A
view is dropped where they differ by more than `DISPUTED_DEG`. Masked faces of street pictures are
turned less, since little of the face is visible.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from models.datasets.picture import Floats, Image, LabelledPicture
from models.train.errors import TrainingDataError
from models.train.samples.view_synthesis import synthesize_view

SIDE_PX, MARGIN = 128, 1.9
LEAST_FACE_PX = 28.0
DISPUTED_DEG = 14.0
# by kind of picture: views of a face, and one standard deviation of their yaw and pitch
VIEWS = {"sheets": 20, "facemask": 3}
SPREAD_DEG = {"sheets": (24.0, 15.0), "facemask": (14.0, 8.0)}
TEACHER_MARGINS = (0.95, 1.05, 1.15, 1.3)
FIELDS = ("images", "boxes", "angles", "landmarks", "people")


class PoseTeacher(Protocol):
    """Measures the head pose of the face in a box; the implementation needs the `train` extra."""

    def pose_of(self, image: Image, box: Floats, margins: Sequence[float]) -> Floats: ...


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """`images` (n, 128, 128, 3) BGR with the face box at `boxes` (n, 4); `angles` (n, 3)
    yaw to the picture's right, pitch up, roll clockwise, degrees; `landmarks` (n, 5, 2), px;
    `people` (n,), one number for all views of a face.
    """

    images: Image
    boxes: Floats
    angles: Floats
    landmarks: Floats
    people: Floats


def crop_face(image: Image, box: Floats, landmarks: Floats) -> tuple[Image, Floats, Floats]:
    """Return the square of `MARGIN` box sides around a face, `SIDE_PX` wide, its box, landmarks."""
    side = float(max(box[2] - box[0], box[3] - box[1])) * MARGIN
    scale = SIDE_PX / side
    corner = (box[:2] + box[2:]) / 2 - side / 2
    view = np.asarray([[scale, 0, -corner[0] * scale], [0, scale, -corner[1] * scale]])
    if scale < 0.5:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), 0.4 / scale), np.uint8)
    cut = cv2.warpAffine(image, view, (SIDE_PX, SIDE_PX), borderMode=cv2.BORDER_REPLICATE)
    moved = np.asarray((box.reshape(2, 2) - corner) * scale, np.float32)
    marks = np.asarray((landmarks - corner) * scale, np.float32)
    return np.asarray(cut, np.uint8), moved.reshape(4), marks


def create_views(
    pictures: Sequence[LabelledPicture], teacher: PoseTeacher, *, seed: int = 5
) -> Iterator[Views]:
    """Yield the views of one face at a time."""
    rng = np.random.default_rng(seed)
    person = 0
    for picture in pictures:
        kind = picture.name.split("/")[0]
        for box, points in zip(picture.boxes, picture.landmarks, strict=True):
            if (
                kind not in VIEWS
                or box[3] - box[1] < LEAST_FACE_PX
                or not np.isfinite(points).all()
            ):
                continue
            face = crop_face(*_cut_window(picture.image, box, points))
            person += 1
            views = _turn_face(kind, face, teacher, rng)
            images, boxes, angles, marks = zip(*views, strict=True)
            yield Views(
                np.stack(images),
                np.stack(boxes).astype(np.float32),
                np.stack(angles).astype(np.float32),
                np.stack(marks).astype(np.float32),
                np.full(len(views), person, np.float32),
            )


def _cut_window(image: Image, box: Floats, points: Floats) -> tuple[Image, Floats, Floats]:
    """Return the part of the picture around a face, and the box and landmarks in that part."""
    reach = int(max(box[2] - box[0], box[3] - box[1]) * 1.5)
    middle = (box[:2] + box[2:]) / 2
    left, top = max(0, int(middle[0]) - reach), max(0, int(middle[1]) - reach)
    part = image[top : int(middle[1]) + reach, left : int(middle[0]) + reach]
    corner = np.asarray([left, top], np.float32)
    return part, box - np.tile(corner, 2), points - corner


def _turn_face(
    kind: str, face: tuple[Image, Floats, Floats], teacher: PoseTeacher, rng: np.random.Generator
) -> list[tuple[Image, Floats, Floats, Floats]]:
    image, box, points = face
    first = teacher.pose_of(image, box, TEACHER_MARGINS)
    views = [(image, box, first, points)]
    for _ in range(VIEWS[kind]):
        turn = rng.normal(0, SPREAD_DEG[kind])
        turn = np.clip(turn, (-45, -28), (45, 28))
        view, marks = synthesize_view(
            image, box, points, yaw_deg=float(turn[0]), pitch_up_deg=float(turn[1])
        )
        measured = teacher.pose_of(view, box, TEACHER_MARGINS)
        computed = first + np.asarray([turn[0], turn[1], 0.0], np.float32)
        if np.abs(measured - computed).max() <= DISPUTED_DEG:
            views.append((view, box, np.asarray((measured + computed) / 2, np.float32), marks))
    return views


def load_or_create_views(
    path: Path, pictures: Sequence[LabelledPicture], teacher: PoseTeacher | None
) -> Views:
    """Read the views of an earlier run, or create and store them, which takes ten minutes.

    Raises `TrainingDataError` if there are none and they cannot be created.
    """
    if not path.is_file():
        if teacher is None:
            raise TrainingDataError(
                f"found no views of faces at {path}, expected those of the attention network; "
                "create them first with: python -m models train attention"
            )
        parts = list(create_views(pictures, teacher))
        if not parts:
            raise TrainingDataError(
                f"found no face with landmarks of at least {LEAST_FACE_PX:g} px in {len(pictures)} "
                "pictures, expected some to create views from; check the folder of --data"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        arrays = {name: np.concatenate([getattr(one, name) for one in parts]) for name in FIELDS}
        part = path.with_suffix(".part.npz")
        np.savez(part, allow_pickle=False, **arrays)
        part.replace(path)
    with np.load(path) as file:
        return Views(**{name: file[name] for name in FIELDS})
