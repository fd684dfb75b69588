"""All figures of the development set in one run, with YuNet for comparison: `make evaluate`.

The folder is described in `docs/accuracy.md`: it contains `dev/` and `train/` (for the pictures
without faces). YuNet is measured if its files have been fetched.
"""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge_agent.perception.face_detector import FaceDetector
from edge_agent.perception.head_pose import load_pose
from edge_agent.perception.model_errors import ModelError
from edge_agent.settings.camera_settings import Settings
from models.datasets.picture import DatasetError
from models.datasets.pictures_on_disk import read_image
from models.detectors import available_detectors, open_detector, sizes_of
from models.evaluate import attention, detection
from models.evaluate.agent_replay import replay_video, summarize_audience

log = logging.getLogger(__name__)
# clip -> people whose face is visible in every frame. None is in the store aisle: its three people
# show their backs or less than a profile (checked in every sixth frame)
CLIPS: dict[str, int] = {
    "dev/videos/face-demographics-walking.gif": 2,
    "dev/videos/one-by-one-person-detection.mp4": 0,
    "train/videos/bottle-detection.gif": 0,
    "train/videos/car-detection.gif": 0,
    "train/videos/classroom.gif": 4,
    "train/videos/store-aisle-detection.gif": 0,
}
VIDEOS = CLIPS | {
    "dev/videos/people-detection.gif": 0,
    "train/videos/head-pose-face-detection-male.gif": 1,
}
# smaller differences are due to the time until a track is confirmed or lost
LEAST_ERROR_S = 0.5
BOXES = ("face_boxes_facemask", "face_boxes_groups")


def detectors(
    data: Path, names: Sequence[str], folders: Sequence[Path], sizes_px: Sequence[int] = (320, 640)
) -> list[dict[str, Any]]:
    """Measure each detector at each size on boxes, clips and pictures without faces."""
    reports = []
    for name in available_detectors(names, folders):
        for size in sizes_of(name, folders, sizes_px):
            try:
                detector, threshold = open_detector(name, folders, size)
            except ModelError as error:
                log.warning("evaluate.skipped %s: %s", name, error)
                continue
            reports.append({"input_px": size, **_measure_detector(detector, threshold, data)})
    return reports


def _measure_detector(detector: FaceDetector, threshold: float, data: Path) -> dict[str, Any]:
    report: dict[str, Any] = {"detector": detector.name, "version": detector.version}
    for folder in BOXES:
        truth = detection.labelled_boxes(data / "dev" / folder / "boxes.csv")
        images = data / "dev" / folder / "images"
        found = detection.run(detector, truth, images)
        report[folder] = detection.against_boxes(detector, found, threshold=threshold)
    empty = sorted((data / "train" / "backgrounds_no_face").glob("*.jpg"))
    if not empty:
        raise DatasetError(data / "train" / "backgrounds_no_face")
    faces_found = detection.faces_per_frame(
        detector, (read_image(path) for path in empty), threshold=threshold
    )
    false = sum(len(faces) for faces in faces_found)
    report["backgrounds"] = {"pictures": len(empty), "false_faces": false}
    report["clips"] = {
        Path(clip).stem: detection.on_clip(
            detector,
            data / clip,
            people=people,
            threshold=threshold,
            every=4 if clip.endswith("mp4") else 1,
        )
        for clip, people in CLIPS.items()
    }
    return report


def video_reports(data: Path) -> list[dict[str, Any]]:
    """Run the shipped agent on every video and compare its audience with the truth."""
    reports = []
    for video, people in VIDEOS.items():
        audience = summarize_audience(replay_video(data / video, Settings()))
        reports.append({"film": Path(video).stem, **compare_audience(audience, people)})
    return reports


def compare_audience(audience: dict[str, Any], people: int) -> dict[str, Any]:
    """Compare an audience with the people whose face is visible in every frame of the video."""
    true_s = round(people * audience["seconds"], 2)
    errors = []
    if audience["visits"] != people:
        errors.append(f"{audience['visits']} visits reported, {people} people show their face")
    if abs(audience["opportunity_s"] - true_s) >= LEAST_ERROR_S:
        errors.append(f"{audience['opportunity_s']} s in view reported, {true_s} s true")
    return {"people": people, "true_dwell_s": true_s, "audience": audience, "errors": errors}


def estimators(
    data: Path, names: Sequence[str], folders: Sequence[Path], *, accept_research: bool
) -> list[dict[str, Any]]:
    """Measure each attention network on crops of persons outside training and on videos."""
    reports = []
    for name in names:
        try:
            estimator = load_pose(name, folders=folders, accept_research=accept_research)
        except ModelError as error:
            log.warning("evaluate.skipped %s: %s", name, error)
            continue
        labels = data / "dev" / "head_pose_ytf"
        judged = attention.judge_crops(estimator, labels / "labels.csv", labels / "crops")
        report = attention.crop_figures(estimator, judged)
        videos = data / "dev" / "videos"
        report["films"] = attention.video_figures(
            estimator,
            videos / "attention_labels.csv",
            (videos, data / "train" / "videos"),
            limit_deg=attention.LOOKING_DEG,
        )
        reports.append(report)
    return reports
