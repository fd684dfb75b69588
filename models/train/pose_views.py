"""Faces with known head pose, made from permissive pictures and an Apache-2.0 teacher.

Every portrait of the synthetic sheets is turned by known angles. Its label is the mean of what
geometry says (the teacher's pose of the original, plus the turn) and of what the teacher says of
the new view; where the two disagree by more than `DISPUTED_DEG` the view is dropped. Masked
street faces keep the teacher's pose and are turned less, since there is little to see.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from models.datasets.picture import Floats, Image, LabelledPicture
from models.train.view_synthesis import synthesize_view

SIDE_PX, MARGIN = 128, 1.9
LEAST_FACE_PX = 28.0
DISPUTED_DEG = 14.0
# views of a portrait, of another face; and how far they are turned, one sd
VIEWS = {"sheets": 20, "facemask": 3}
SPREAD_DEG = {"sheets": (24.0, 15.0), "facemask": (14.0, 8.0)}
TEACHER_MARGINS = (0.95, 1.05, 1.15, 1.3)


class PoseTeacher(Protocol):
    def pose_of(self, image: Image, box: Floats, margins: Sequence[float]) -> Floats: ...


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """`images` (n, 128, 128, 3) BGR with the face box at `boxes` (n, 4); `angles` (n, 3)
    yaw to the picture's right, pitch up, roll clockwise, degrees; `landmarks` (n, 5, 2), px.
    """

    images: Image
    boxes: Floats
    angles: Floats
    landmarks: Floats
    people: Floats


def crop_face(image: Image, box: Floats, landmarks: Floats) -> tuple[Image, Floats, Floats]:
    """Cut the square of `MARGIN` boxes around a face, `SIDE_PX` wide."""
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
            face = crop_face(_around(picture.image, box), *_shifted(box, points, picture.image))
            person += 1
            made = _turned_views(kind, face, teacher, rng)
            if made:
                images, boxes, angles, marks = zip(*made, strict=True)
                yield Views(
                    np.stack(images),
                    np.stack(boxes).astype(np.float32),
                    np.stack(angles).astype(np.float32),
                    np.stack(marks).astype(np.float32),
                    np.full(len(made), person, np.float32),
                )


def _window(box: Floats, image: Image) -> tuple[int, int, int, int]:
    reach = int(max(box[2] - box[0], box[3] - box[1]) * 1.5)
    middle = (box[:2] + box[2:]) / 2
    left, top = max(0, int(middle[0]) - reach), max(0, int(middle[1]) - reach)
    right, low = int(middle[0]) + reach, int(middle[1]) + reach
    return left, top, min(image.shape[1], right), min(image.shape[0], low)


def _around(image: Image, box: Floats) -> Image:
    left, top, right, low = _window(box, image)
    return image[top:low, left:right]


def _shifted(box: Floats, points: Floats, image: Image) -> tuple[Floats, Floats]:
    corner = np.asarray(_window(box, image)[:2], np.float32)
    return box - np.tile(corner, 2), points - corner


def _turned_views(
    kind: str, face: tuple[Image, Floats, Floats], teacher: PoseTeacher, rng: np.random.Generator
) -> list[tuple[Image, Floats, Floats, Floats]]:
    image, box, points = face
    first = teacher.pose_of(image, box, TEACHER_MARGINS)
    made = [(image, box, first, points)]
    for _ in range(VIEWS[kind]):
        turn = rng.normal(0, SPREAD_DEG[kind])
        turn = np.clip(turn, (-45, -28), (45, 28))
        view, marks = synthesize_view(
            image, box, points, yaw_deg=float(turn[0]), pitch_up_deg=float(turn[1])
        )
        seen = teacher.pose_of(view, box, TEACHER_MARGINS)
        drawn = first + np.asarray([turn[0], turn[1], 0.0], np.float32)
        if np.abs(seen - drawn).max() <= DISPUTED_DEG:
            made.append((view, box, np.asarray((seen + drawn) / 2, np.float32), marks))
    return made


def load_or_create_views(
    path: Path, pictures: Sequence[LabelledPicture], teacher: PoseTeacher | None
) -> Views:
    """Read the views made by an earlier run, or make and keep them: about ten minutes."""
    if not path.is_file():
        if teacher is None:
            raise FileNotFoundError(f"found no {path}, expected views; run with the teachers once")
        parts = list(create_views(pictures, teacher))
        path.parent.mkdir(parents=True, exist_ok=True)
        fields = ("images", "boxes", "angles", "landmarks", "people")
        arrays = {f: np.concatenate([getattr(p, f) for p in parts]) for f in fields}
        np.savez(path, allow_pickle=False, **arrays)
    with np.load(path) as file:
        return Views(**{key: file[key] for key in file.files})
