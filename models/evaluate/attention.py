"""Accuracy of attention from head pose: on labelled crops, and on labelled frames of videos.

Looking means |yaw| and |pitch| of at most `LOOKING_DEG`, in the labels and in the measurements.
Intervals resample persons, since crops of different persons are independent. The frames of a video
are not independent, so its figures have no interval.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edge_agent.capture.frame import Image
from edge_agent.perception.attention import looking_probability
from edge_agent.perception.face_detector import Face
from edge_agent.perception.head_pose import HeadPose, PoseEstimator
from edge_agent.settings.perception import AttentionSettings
from models.datasets.clips import frames
from models.datasets.picture import DatasetError
from models.datasets.table import LabelRow, read_rows
from models.datasets.ytf import posed_crops
from models.evaluate.calibration import expected_error
from models.evaluate.intervals import bootstrap

LOOKING_DEG = 20.0
VIDEO_COLUMNS = ("video", "frame", "scale_w", "x1", "y1", "x2", "y2", "facing_camera")
LIMITS = AttentionSettings(looking_yaw_deg=LOOKING_DEG, looking_pitch_deg=LOOKING_DEG)


@dataclass(frozen=True, slots=True)
class JudgedCrop:
    """One face: whether it looks by its label and by the estimator, and the errors in degrees."""

    looks: bool
    judged: bool
    yaw_error_deg: float
    pitch_error_deg: float
    sigma_deg: float
    probability: float = float("nan")


def is_looking(yaw_deg: float, pitch_deg: float, limit_deg: float = LOOKING_DEG) -> bool:
    return abs(yaw_deg) <= limit_deg and abs(pitch_deg) <= limit_deg


def measure_pose(
    estimator: PoseEstimator, image: Image, box: tuple[float, float, float, float]
) -> HeadPose:
    """Measure the pose of the face in a box."""
    no_landmarks = np.zeros((5, 2), np.float32)
    (pose,) = estimator.poses(image, [Face(box, 1.0, no_landmarks)])
    return pose


def precision(cases: Sequence[JudgedCrop]) -> float:
    """Return the share of those judged as looking who look; 1.0 if nobody is judged so."""
    judged = [case.looks for case in cases if case.judged]
    return sum(judged) / len(judged) if judged else 1.0


def recall(cases: Sequence[JudgedCrop]) -> float:
    """Return the share of those who look that is judged so; 1.0 if nobody looks."""
    looking = [case.judged for case in cases if case.looks]
    return sum(looking) / len(looking) if looking else 1.0


def f1(cases: Sequence[JudgedCrop]) -> float:
    """Return the harmonic mean of precision and recall."""
    both = precision(cases) + recall(cases)
    return 2 * precision(cases) * recall(cases) / both if both else 0.0


def judge_crops(
    estimator: PoseEstimator, table: Path, folder: Path, *, limit_deg: float = LOOKING_DEG
) -> list[list[JudgedCrop]]:
    """Measure labelled crops; return them person by person."""
    people: dict[str, list[JudgedCrop]] = defaultdict(list)
    for crop in posed_crops(table, folder):
        pose = measure_pose(estimator, crop.image, crop.box)
        yaw, pitch = float(crop.angles[0]), float(crop.angles[1])
        people[crop.person].append(
            JudgedCrop(
                is_looking(yaw, pitch, LOOKING_DEG),
                is_looking(pose.yaw_deg, pose.pitch_deg, limit_deg),
                pose.yaw_deg - yaw,
                pose.pitch_deg - pitch,
                pose.sigma_deg,
                looking_probability(pose, LIMITS),
            )
        )
    return list(people.values())


def crop_figures(estimator: PoseEstimator, people: list[list[JudgedCrop]]) -> dict[str, Any]:
    """Return the figures of judged crops; intervals over persons."""
    return {
        "estimator": estimator.name,
        "version": estimator.version,
        "crops": sum(len(cases) for cases in people),
        "persons": len(people),
        **_figures(people),
    }


def _figures(people: list[list[JudgedCrop]]) -> dict[str, Any]:
    def over(figure: Any) -> dict[str, float]:
        return bootstrap(
            people, lambda drawn: float(figure([case for cases in drawn for case in cases]))
        ).as_dict()

    return {
        "precision": over(precision),
        "recall": over(recall),
        "f1": over(f1),
        "yaw_mae_deg": over(lambda cases: np.mean([abs(c.yaw_error_deg) for c in cases])),
        "pitch_mae_deg": over(lambda cases: np.mean([abs(c.pitch_error_deg) for c in cases])),
        "within_one_sigma": over(_within_one_sigma),
        "calibration_error": over(calibration_error),
    }


def calibration_error(cases: Sequence[JudgedCrop]) -> float:
    """Return the expected calibration error of the probability of looking."""
    probabilities = np.asarray([case.probability for case in cases])
    return expected_error(probabilities, np.asarray([case.looks for case in cases]))


def _within_one_sigma(cases: Sequence[JudgedCrop]) -> float:
    """Return the share of errors within one sigma; 0.683 if sigma is calibrated."""
    near = [abs(c.yaw_error_deg) <= c.sigma_deg for c in cases]
    near += [abs(c.pitch_error_deg) <= c.sigma_deg for c in cases]
    return float(np.mean(near))


def video_figures(
    estimator: PoseEstimator,
    table: Path,
    folders: Sequence[Path],
    *,
    limit_deg: float,
    only: str | None = None,
) -> dict[str, Any]:
    """Measure the faces of `table`: video, frame, scale_w, x1..y2, facing_camera (1, 0 or empty).

    With `only`, those of the video of that name. Raises `LabelTableError` for a frame that its
    video does not have.
    """
    labels = [row for row in read_rows(table, *VIDEO_COLUMNS) if row.cells["facing_camera"]]
    labels = [row for row in labels if only is None or row.text("video") == only]
    if not labels:
        raise DatasetError(f"{table} (a line for {only or 'any video'})")
    cases: dict[str, list[JudgedCrop]] = defaultdict(list)
    for name in sorted({row.text("video") for row in labels}):
        wanted: dict[float, list[LabelRow]] = defaultdict(list)
        for row in labels:
            if row.text("video") == name:
                wanted[row.number("frame")].append(row)
        for index, image in frames(_find_video(name, folders)):
            for row in wanted.pop(index, []):
                cases[name].append(_judge_row(estimator, image, row, limit_deg))
        for row in (row for rows in wanted.values() for row in rows):
            raise row.refuse(f"a frame of {name}")
    together = [case for found in cases.values() for case in found]
    return {name: _plain(found) for name, found in [*cases.items(), ("all", together)]}


def _find_video(name: str, folders: Sequence[Path]) -> Path:
    found = [folder / name for folder in folders if (folder / name).is_file()]
    if not found:
        raise DatasetError(f"{name} in {' or '.join(str(folder) for folder in folders)}")
    return found[0]


def _judge_row(
    estimator: PoseEstimator, image: Image, row: LabelRow, limit_deg: float
) -> JudgedCrop:
    width = row.number("scale_w")
    if width <= 0:
        raise row.refuse("the width of the labelled picture, above 0, in scale_w")
    ratio = image.shape[1] / width
    x1, y1, x2, y2 = (edge * ratio for edge in row.box())
    pose = measure_pose(estimator, image, (x1, y1, x2, y2))
    judged = is_looking(pose.yaw_deg, pose.pitch_deg, limit_deg)
    looks = bool(row.one_of("facing_camera", ("0", "1")))
    return JudgedCrop(looks, judged, 0.0, 0.0, pose.sigma_deg)


def _plain(cases: Sequence[JudgedCrop]) -> dict[str, float]:
    figures = {"precision": precision(cases), "recall": recall(cases), "f1": f1(cases)}
    return {**{name: round(value, 4) for name, value in figures.items()}, "faces": len(cases)}
