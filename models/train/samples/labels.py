"""Labels of the training pictures: those of the annotators, completed by a teacher, in one file.

The boxes of the annotators are unchanged. The teacher adds faces without a box (score at least
`SURE`), marks faces with a lower score as ignored, and places the landmarks. It does not label
pictures without people. Labelling takes minutes; the labels are stored as JSON for later runs.
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
from models.datasets.picture import Floats, Image, LabelledPicture
from models.train.errors import TrainingDataError

SURE, DOUBTFUL = 0.75, 0.3
SAME_FACE_IOU = 0.3
# the landmarks of the teacher are not usable below this height
LEAST_LANDMARK_PX = 20.0
# below this height half of the detections without a label are people whom nobody labelled
LEAST_DECOY_PX = 20.0


class TeacherFaces(Protocol):
    """`boxes` (n, 4) px and `scores` (n,) of one picture."""

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
    """Return the boxes of the picture with those of the teacher, sure and doubtful ones apart."""
    found = teacher.faces(picture.image, least_score=DOUBTFUL)
    new = np.ones(len(found.boxes), bool)
    if len(picture.boxes) and len(found.boxes):
        new = overlap_ratios(found.boxes, picture.boxes).max(axis=1) < SAME_FACE_IOU
    sure = found.scores >= SURE
    boxes = np.concatenate([picture.boxes, found.boxes[new & sure]])
    return Labels(
        boxes=boxes.round(1).tolist(),
        landmarks=[_landmarks(picture.image, box, teacher) for box in boxes],
        ignored=found.boxes[new & ~sure].round(1).tolist(),
    )


def _landmarks(image: Image, box: Floats, teacher: Teacher) -> list[list[float]] | None:
    if box[3] - box[1] < LEAST_LANDMARK_PX:
        return None
    points: list[list[float]] = teacher.landmarks(image, box).round(1).tolist()
    return points


def label_picture(picture: LabelledPicture, labels: Labels) -> LabelledPicture:
    """Return the picture with these labels instead of its own."""
    unknown = [[np.nan, np.nan]] * 5
    points = [unknown if one is None else one for one in labels.landmarks]
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
    # without the store aisle: its people turn away, and the teacher detects hair as faces
    yield from clips.pictures(train / "videos", without=("store-aisle-detection",))
    yield from backgrounds.pictures(train / "backgrounds_no_face")


def label_pictures(
    pictures: Iterable[LabelledPicture], teacher: Teacher | None, stored: Path
) -> list[LabelledPicture]:
    """Label every picture with the labels that an earlier run `stored`, or with the teacher.

    Raises `TrainingDataError` for a damaged file, and without a teacher for a picture without
    labels.
    """
    labels = _read_labels(stored)
    labelled: list[LabelledPicture] = []
    for picture in pictures:
        if picture.name.startswith(backgrounds.NAME):
            labels[picture.name] = Labels([], [], [])
        if picture.name not in labels:
            if teacher is None:
                raise TrainingDataError(
                    f"found no labels of {picture.name} in {stored}, expected those of every "
                    "picture; delete the file, and the teacher labels all pictures again"
                )
            labels[picture.name] = complete_labels(picture, teacher)
        labelled.append(label_picture(picture, labels[picture.name]))
    stored.parent.mkdir(parents=True, exist_ok=True)
    part = stored.with_suffix(".part")
    part.write_bytes(msgspec.json.encode(labels))
    part.replace(stored)
    return labelled


def _read_labels(stored: Path) -> dict[str, Labels]:
    if not stored.is_file():
        return {}
    try:
        return msgspec.json.decode(stored.read_bytes(), type=dict[str, Labels])
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise TrainingDataError(
            f"found {stored} that cannot be read as labels ({error}), expected the file of an "
            "earlier run; delete it, and the teacher labels all pictures again"
        ) from error


def with_decoys(
    picture: LabelledPicture, detectors: Sequence[FaceDetector], *, least_px: float = LEAST_DECOY_PX
) -> LabelledPicture:
    """Add detections without a label as decoys, which must not be detected.

    In a picture with people those below `least_px` are ignored: see `LEAST_DECOY_PX`.
    """
    faces = [face for detector in detectors for face in detector.faces(picture.image)]
    found = np.asarray([face.box for face in faces], np.float32).reshape(-1, 4)
    labelled = np.concatenate([picture.boxes, picture.ignored])
    if len(found) and len(labelled):
        found = found[overlap_ratios(found, labelled).max(axis=1) < 0.1]
    doubtful = (found[:, 3] - found[:, 1] < least_px) & bool(len(picture.boxes))
    ignored = np.concatenate([picture.ignored, found[doubtful]])
    return replace(picture, ignored=ignored, decoys=found[~doubtful])
