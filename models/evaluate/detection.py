"""Accuracy of a face detector: on labelled boxes, on clips, and on pictures without people.

The detector is that of the agent, `edge_agent.perception.face_detector`. Boxes are read from a CSV
with the columns image, x1, y1, x2, y2 (px; other columns are ignored), one line for each face.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_agent.capture.frame import Image
from edge_agent.perception.face_detector import Face, FaceDetector
from models.datasets.clips import frames
from models.datasets.face_masks import boxes_by_image
from models.datasets.picture import Floats
from models.datasets.pictures_on_disk import read_image
from models.evaluate.average_precision import (
    Matches,
    average_precision,
    match_boxes,
    precision_at,
    recall_at,
)
from models.evaluate.calibration import expected_error
from models.evaluate.intervals import bootstrap

SIZES_PX = (0, 16, 32)


Detections = Sequence[tuple[list[Face], Floats]]
"""The faces found in each picture, with its true boxes."""


def run(detector: FaceDetector, truth: Mapping[str, Floats], folder: Path) -> Detections:
    """Find the faces of every labelled picture.

    Open the detector with a low threshold; a higher one truncates the precision-recall curve.
    """
    return [(detector.faces(read_image(folder / name)), boxes) for name, boxes in truth.items()]


def against_boxes(detector: FaceDetector, found: Detections, *, threshold: float) -> dict[str, Any]:
    """Return AP by face size, precision and recall at `threshold`, and the calibration error of
    the scores above it, with intervals.
    """
    report: dict[str, Any] = {"detector": detector.name, "version": detector.version}
    for least in SIZES_PX:
        cases = [match_boxes(faces, boxes, least_px=least) for faces, boxes in found]
        report[f"from_{least}_px"] = _figures(cases, threshold)
    everything = [match_boxes(faces, boxes) for faces, boxes in found]
    report["calibration_error"] = bootstrap(
        everything, lambda units: expected_error(*scores_above(units, threshold))
    ).as_dict()
    report["threshold"] = round(threshold, 6)
    return report


def scores_above(
    pictures: Sequence[Matches], threshold: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the score of every box of at least `threshold`, and whether the box is right."""
    scores = np.concatenate([picture.scores for picture in pictures])
    right = np.concatenate([picture.right for picture in pictures])
    return scores[scores >= threshold], right[scores >= threshold]


def _figures(cases: list[Matches], threshold: float) -> dict[str, Any]:
    figures = {
        "average_precision": average_precision,
        "recall": lambda units: recall_at(units, threshold),
        "precision": lambda units: precision_at(units, threshold),
    }
    found = {name: bootstrap(cases, figure).as_dict() for name, figure in figures.items()}
    return {**found, "faces": sum(case.wanted for case in cases)}


def labelled_boxes(table: Path) -> dict[str, Floats]:
    """Read the CSV of boxes; its columns are described above."""
    return boxes_by_image(table)


def faces_per_frame(
    detector: FaceDetector, images: Iterable[Image], *, threshold: float
) -> list[list[Face]]:
    """Return the faces of at least `threshold` of each frame."""
    return [[f for f in detector.faces(image) if f.score >= threshold] for image in images]


def on_clip(
    detector: FaceDetector, video: Path, *, people: int | None, threshold: float, every: int = 1
) -> dict[str, Any]:
    """Return the share of `people` found per frame; without people, every face is false.

    With `people` None only the number of faces is reported, since the truth is unknown.
    """
    found = faces_per_frame(
        detector, (image for _, image in frames(video, every=every)), threshold=threshold
    )
    counts = np.asarray([len(faces) for faces in found])
    report: dict[str, Any] = {"frames": len(counts), "faces": int(counts.sum())}
    if people:
        report["recall_per_frame"] = round(float(np.minimum(counts, people).mean() / people), 4)
        report["beyond_people"] = int(np.maximum(counts - people, 0).sum())
    if people == 0:
        report["false_faces"] = report["faces"]
    return report
