"""The subjects of `python -m models evaluate`, and the two of `calibrate`."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from edge_agent.perception.head_pose import PoseEstimator, load_pose
from edge_agent.perception.inference import Floats, open_session
from edge_agent.perception.model_cards import find_card, read_card
from edge_agent.settings.camera_settings import Settings
from edge_agent.settings.loading import load
from models.cards import CLASSES, write_card
from models.datasets import fer, utkface
from models.datasets.ytf import posed_crops
from models.detectors import available_detectors, card_of, open_detector, sizes_of
from models.evaluate import (
    agent_replay,
    angles,
    attention,
    classes,
    detection,
    development_set,
    dwell,
    plots,
    scores,
    speed,
)
from models.evaluate.average_precision import curve, match_boxes
from models.evaluate.errors import CommandError

# the first of the seven age groups whose members are adults
ADULT_GROUP = 2
COMPARED = ("onlooker-face", "yunet-s", "yunet-n")
SIZES_PX = (320, 640)


def detection_figures(options: argparse.Namespace, folders: Sequence[Path]) -> list[dict[str, Any]]:
    """Measure detectors by name on one CSV of boxes, at each input size."""
    truth = detection.labelled_boxes(options.boxes)
    reports, curves = [], {}
    for name in options.detector or available_detectors(COMPARED, folders):
        for size in sizes_of(name, folders, options.input_px or SIZES_PX):
            detector, threshold = open_detector(
                name, folders, size, accept_research=options.accept_research
            )
            found = detection.run(detector, truth, options.images)
            report = detection.against_boxes(detector, found, threshold=threshold)
            reports.append({"input_px": size, **report})
            cases = [match_boxes(faces, boxes) for faces, boxes in found]
            curves[f"{detector.name} {size}"] = curve(cases)[1:]
            if options.plot:
                scores = detection.scores_above(cases, 0.0)
                plots.calibration(options.plot, f"{detector.name}-{size}", *scores)
    if options.plot:
        plots.precision_recall(options.plot, curves)
    return reports


def calibrate_detector(options: argparse.Namespace, folders: Sequence[Path]) -> dict[str, Any]:
    """Calibrate a detector's scores with labelled pictures and write the result into its card."""
    sets = _labelled_sets(options)
    path = card_of(options.detector, folders)
    card, runs = read_card(path), []
    for size in sizes_of(options.detector, folders, options.input_px or SIZES_PX):
        research = options.accept_research
        detector, _ = open_detector(options.detector, folders, size, accept_research=research)
        found = [detection.run(detector, detection.labelled_boxes(t), i) for t, i in sets]
        runs.append([match_boxes(faces, boxes) for one in found for faces, boxes in one])
    name = " and ".join(table.parent.name for table, _ in sets)
    calibrated, report = scores.calibrate_card(card, scores.at_all_sizes(runs), name)
    return {**report, "card": str(write_card(path, calibrated))}


def calibrate_pose(options: argparse.Namespace, folders: Sequence[Path]) -> dict[str, Any]:
    """Calibrate a head-pose network with every other person; measure it on the other persons."""
    if (options.labels is None) != (options.crops is None):
        raise CommandError("found one of --labels CSV and --crops DIR, expected both or neither")
    place = options.data / "dev" / "head_pose_ytf"
    table, crops = options.labels or place / "labels.csv", options.crops or place / "crops"
    path = find_card(options.estimator, folders)
    card, research = read_card(path), options.accept_research
    chosen = angles.every_other(posed_crops(table, crops))
    poses = angles.read_raw_poses(load_pose(path, accept_research=research), card, chosen)
    found = angles.fit_angles(poses)
    write_card(path, msgspec.structs.replace(card, calibration=card.calibration | found))
    estimator = load_pose(path, accept_research=research)
    others = attention.judge_crops(estimator, table, crops)[1::2]
    held_out = attention.crop_figures(estimator, others)
    return {"model": card.name, **found, "held_out": held_out, "card": str(path)}


def _labelled_sets(options: argparse.Namespace) -> list[tuple[Path, Path]]:
    """Return tables of boxes with their folders of pictures: the given ones or development's."""
    if (options.boxes is None) != (options.images is None):
        raise CommandError("found one of --boxes CSV and --images DIR, expected both or neither")
    if options.boxes:
        return [(options.boxes, options.images)]
    places = [options.data / "dev" / folder for folder in development_set.BOXES]
    return [(place / "boxes.csv", place / "images") for place in places]


def attention_figures(options: argparse.Namespace, folders: Sequence[Path]) -> dict[str, Any]:
    """Measure attention on labelled crops, or on a video as the agent processes it."""
    if options.video:
        return _video_figures(options, folders)
    if not options.labels or not options.crops:
        raise CommandError(
            "found neither --video FILE nor --labels CSV with --crops DIR, expected one of both"
        )
    estimator = _estimator(options, folders)
    people = attention.judge_crops(estimator, options.labels, options.crops)
    if options.plot:
        cases = [case for person in people for case in person]
        sure = np.asarray([case.probability for case in cases])
        looks = np.asarray([case.looks for case in cases])
        plots.calibration(options.plot, estimator.name, sure, looks)
        guess = np.asarray([case.judged for case in cases])
        plots.confusion(options.plot, estimator.name, looks, guess, ("away", "looking"))
    return attention.crop_figures(estimator, people)


def _video_figures(options: argparse.Namespace, folders: Sequence[Path]) -> dict[str, Any]:
    """Return the audience that the agent measures in a video, and the figures of its labels."""
    settings = _settings(options)
    report = {
        "film": options.video.name,
        "attention_basis": "screen" if settings.view else "angles",
        "audience": agent_replay.summarize_audience(
            agent_replay.replay_video(options.video, settings)
        ),
    }
    if options.labels:
        report["labelled_faces"] = attention.video_figures(
            _estimator(options, folders),
            options.labels,
            (options.video.parent,),
            limit_deg=attention.LOOKING_DEG,
            only=options.video.name,
        )
    return report


def dwell_figures(options: argparse.Namespace) -> dict[str, Any]:
    """Compare the visits that the agent measures in a video with the people present."""
    truth = dwell.presence(options.truth, dwell.frames_per_s(options.video))
    replayed = agent_replay.replay_video(options.video, _settings(options))
    return {"film": options.video.name, **dwell.against(replayed, truth)}


def _settings(options: argparse.Namespace) -> Settings:
    """Read the camera's settings; networks named on the command line take precedence."""
    settings = load(options.config) if options.config else Settings()
    chosen = {"detector": options.detector, "attention": getattr(options, "estimator", None)}
    named = {key: name for key, name in chosen.items() if name}
    models = msgspec.structs.replace(settings.models, **named)
    return msgspec.structs.replace(settings, models=models)


def _estimator(options: argparse.Namespace, folders: Sequence[Path]) -> PoseEstimator:
    return load_pose(options.estimator, folders=folders, accept_research=options.accept_research)


def speed_figures(wanted: Sequence[str] | None, folders: Sequence[Path]) -> list[dict[str, Any]]:
    """Time detectors on a 1080p picture of noise, at 320, 640 and in tiles of 640."""
    rng = np.random.default_rng(4)
    image = rng.integers(0, 256, (1080, 1920, 3), np.uint8)
    names = wanted or available_detectors(COMPARED, folders)
    return speed.detectors(names, image, sizes_px=SIZES_PX, tiled_px=640, folders=folders)


def development_figures(
    data: Path, names: Sequence[str], folders: Sequence[Path]
) -> dict[str, Any]:
    """Measure everything on the development set, research networks included."""
    class_networks = {
        kind: class_figures(kind, data / "dev" / folder, folders, accept_research=True)
        for kind, folder in (
            ("demographics", "age_gender_utkface"),
            ("emotion", "emotion_fer2013"),
        )
        if any((place / f"onlooker-{kind}.json").is_file() for place in folders)
    }
    return {
        **class_networks,
        "films": development_set.video_reports(data),
        "detection": development_set.detectors(data, names, folders),
        "attention": development_set.estimators(
            data,
            ["onlooker-attention", "onlooker-attention-ytf"],
            folders,
            accept_research=True,
        ),
    }


def class_figures(
    kind: str,
    folder: Path,
    folders: Sequence[Path],
    *,
    accept_research: bool,
    plot: Path | None = None,
) -> dict[str, Any]:
    """Measure the demographics or the emotion network on a folder of labelled faces."""
    session = open_session(f"onlooker-{kind}", folders=folders, accept_research=accept_research)
    faces = fer.faces(folder) if kind == "emotion" else utkface.faces(folder)
    rows, start = classes.logits(session, faces), 0
    report: dict[str, Any] = {"model": session.card.name, "faces": len(faces.images)}
    for label, (name, kinds) in enumerate(CLASSES[kind].items()):
        part = rows[:, start : start + len(kinds)]
        temperature = session.card.calibration.get(f"{name}_temperature", 1.0)
        report[name] = classes.figures(part, faces, label, temperature)
        if plot:
            _draw_classes(plot, name, kinds, part / temperature, faces.targets[:, label])
        if name == "age_group":
            report[name]["within_one"] = classes.within_one(part / temperature, faces, label)
        if name == "gender":
            adults = faces.targets[:, 0] >= ADULT_GROUP
            report["gender_of_adults"] = classes.figures(
                part[adults], faces.select(adults), label, temperature
            )
        start += len(kinds)
    return report


def _draw_classes(
    folder: Path, name: str, kinds: Sequence[str], rows: Floats, truth: NDArray[np.int64]
) -> None:
    shares, rest = classes.softmax(rows[1::2]), truth[1::2]
    guess = shares.argmax(axis=1)
    plots.confusion(folder, name, rest, guess, kinds)
    plots.calibration(folder, name, shares.max(axis=1), guess == rest)
