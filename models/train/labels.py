"""What is known about every training picture, truth first, teacher second, kept in one file.

Faces drawn by hand stay as they are. The teacher adds the faces the annotators left out (score
at least `SURE`), marks its own doubtful ones as ignored, and places the landmarks. Where it is
known that nobody is, it is not asked. Labelling takes minutes, so the result is kept as JSON and
read back the next time.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import msgspec
import numpy as np

from edge_agent.perception.boxes import overlap_ratios
from edge_agent.perception.face_detector import FaceDetector
from models.datasets import backgrounds, clips, face_masks, synthetic_sheets
from models.datasets.picture import DatasetError, Floats, Image, LabelledPicture

SURE, DOUBTFUL = 0.75, 0.3
SAME_FACE_IOU = 0.3
# below this height the landmark teacher guesses
LEAST_LANDMARK_PX = 20.0
# among people, what is found below this height is as often somebody nobody labelled as a mistake
LEAST_DECOY_PX = 20.0


class TeacherFaces(Protocol):
    @property
    def boxes(self) -> Floats: ...
    @property
    def scores(self) -> Floats: ...


class Teacher(Protocol):
    """Finds faces and places their five landmarks."""

    def faces(self, image: Image, *, least_score: float = ...) -> TeacherFaces: ...
    def landmarks(self, image: Image, box: Floats) -> Floats: ...


class Labels(msgspec.Struct, frozen=True):
    """One picture's labels, px: boxes, landmarks (None where unknown), ignored regions."""

    boxes: list[list[float]]
    landmarks: list[list[list[float]] | None]
    ignored: list[list[float]]


def complete_labels(picture: LabelledPicture, teacher: Teacher) -> Labels:
    """Join the picture's own boxes with what the teacher is sure or doubtful about."""
    taught = teacher.faces(picture.image, least_score=DOUBTFUL)
    new = np.ones(len(taught.boxes), bool)
    if len(picture.boxes) and len(taught.boxes):
        new = overlap_ratios(taught.boxes, picture.boxes).max(axis=1) < SAME_FACE_IOU
    sure = taught.scores >= SURE
    boxes = np.concatenate([picture.boxes, taught.boxes[new & sure]])
    return Labels(
        boxes=boxes.round(1).tolist(),
        landmarks=[_landmarks(picture.image, box, teacher) for box in boxes],
        ignored=taught.boxes[new & ~sure].round(1).tolist(),
    )


def _landmarks(image: Image, box: Floats, teacher: Teacher) -> list[list[float]] | None:
    if box[3] - box[1] < LEAST_LANDMARK_PX:
        return None
    points: list[list[float]] = teacher.landmarks(image, box).round(1).tolist()
    return points


def label_picture(picture: LabelledPicture, labels: Labels) -> LabelledPicture:
    """Return the picture with the labels in place of its own."""
    unknown = [[np.nan, np.nan]] * 5
    points = [unknown if known is None else known for known in labels.landmarks]
    return LabelledPicture(
        picture.name,
        picture.image,
        np.asarray(labels.boxes, np.float32).reshape(-1, 4),
        np.asarray(points, np.float32).reshape(-1, 5, 2),
        np.asarray(labels.ignored, np.float32).reshape(-1, 4),
        picture.decoys,
    )


def permissive_pictures(train: Path) -> Iterator[LabelledPicture]:
    """Yield every picture whose licence allows commercial use; `train` holds the data sets."""
    yield from face_masks.pictures(train / "face_boxes_facemask")
    yield from synthetic_sheets.pictures(train / "synthetic_faces_sfhq")
    # the store aisle stays out: its people turn away and the teacher takes hair for faces
    yield from clips.pictures(train / "videos", without=("store-aisle-detection",))
    yield from backgrounds.pictures(train / "backgrounds_no_face")


def label_pictures(
    pictures: Iterable[LabelledPicture], teacher: Teacher | None, kept: Path
) -> list[LabelledPicture]:
    """Label every picture, or read the labels `kept` from an earlier run."""
    known = msgspec.json.decode(kept.read_bytes(), type=dict[str, Labels]) if kept.is_file() else {}
    done: list[LabelledPicture] = []
    for picture in pictures:
        if picture.name.startswith(backgrounds.NAME):
            known[picture.name] = Labels([], [], [])
        if picture.name not in known:
            if teacher is None:
                raise DatasetError(kept)
            known[picture.name] = complete_labels(picture, teacher)
        done.append(label_picture(picture, known[picture.name]))
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(msgspec.json.encode(known))
    return done


def with_decoys(
    picture: LabelledPicture, detectors: Sequence[FaceDetector], *, least_px: float = LEAST_DECOY_PX
) -> LabelledPicture:
    """Add the places where a detector sees a face that nobody labelled, to be unlearnt.

    Among people those below `least_px` teach nothing instead: see `LEAST_DECOY_PX`.
    """
    faces = [face for detector in detectors for face in detector.faces(picture.image)]
    found = np.asarray([face.box for face in faces], np.float32).reshape(-1, 4)
    known = np.concatenate([picture.boxes, picture.ignored])
    if len(found) and len(known):
        found = found[overlap_ratios(found, known).max(axis=1) < 0.1]
    doubtful = (found[:, 3] - found[:, 1] < least_px) & bool(len(picture.boxes))
    ignored = np.concatenate([picture.ignored, found[doubtful]])
    return replace(picture, ignored=ignored, decoys=found[~doubtful])
