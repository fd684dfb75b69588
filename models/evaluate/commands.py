"""What `python -m models evaluate` runs for each of its words."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edge_agent.inference import open_session
from edge_agent.pose import load_pose
from models.cards import CLASSES
from models.datasets import fer, utkface
from models.evaluate import attention, classes, detection, development, speed

# the first of the seven age groups whose members are adults
ADULT_GROUP = 2


def detection_figures(
    boxes: Path, images: Path, names: Sequence[str], sizes: Sequence[int], folders: Sequence[Path]
) -> list[dict[str, Any]]:
    """Measure detectors by name on one CSV of boxes, at each input size."""
    truth = detection.labelled_boxes(boxes)
    reports = []
    for name in names:
        for size in sizes:
            detector, threshold = development.opened(name, folders, size)
            report = detection.against_boxes(detector, truth, images, threshold=threshold)
            reports.append({"input_px": size, **report})
    return reports


def attention_figures(options: argparse.Namespace, folders: Sequence[Path]) -> dict[str, Any]:
    """Measure one attention network on labelled crops."""
    estimator = load_pose(
        options.estimator, folders=folders, accept_research=options.accept_research
    )
    return attention.on_crops(estimator, options.labels, options.crops)


def speed_figures(names: Sequence[str], folders: Sequence[Path]) -> list[dict[str, Any]]:
    """Time detectors on a 1080p picture of noise, at 320, 640 and 1280."""
    rng = np.random.default_rng(4)
    image = rng.integers(0, 256, (1080, 1920, 3), np.uint8)
    return speed.detectors(names, image, sizes_px=(320, 640, 1280), folders=folders)


def development_figures(
    data: Path, names: Sequence[str], folders: Sequence[Path]
) -> dict[str, Any]:
    """Measure everything on the development set; class networks as research, to know them."""
    sorted_faces = {
        kind: class_figures(kind, data / "dev" / folder, folders, accept_research=True)
        for kind, folder in (
            ("demographics", "age_gender_utkface"),
            ("emotion", "emotion_fer2013"),
        )
        if any((place / f"onlooker-{kind}.json").is_file() for place in folders)
    }
    return {
        **sorted_faces,
        "detection": development.detectors(data, names, folders),
        "attention": development.estimators(
            data,
            ["onlooker-attention", "onlooker-attention-ytf"],
            folders,
            accept_research=True,
        ),
    }


def class_figures(
    kind: str, folder: Path, folders: Sequence[Path], *, accept_research: bool
) -> dict[str, Any]:
    """Measure the demographics or the emotion network on a folder of labelled faces."""
    session = open_session(f"onlooker-{kind}", folders=folders, accept_research=accept_research)
    faces = fer.faces(folder) if kind == "emotion" else utkface.faces(folder)
    rows, start = classes.logits(session, faces), 0
    report: dict[str, Any] = {"model": session.card.name, "faces": len(faces.images)}
    for label, (name, kinds) in enumerate(CLASSES[kind].items()):
        part = rows[:, start : start + len(kinds)]
        report[name] = classes.figures(part, faces, label)
        if name == "age_group":
            report[name]["within_one"] = classes.within_one(part, faces, label)
        if name == "gender":
            adults = faces.targets[:, 0] >= ADULT_GROUP
            report["gender_of_adults"] = classes.figures(part[adults], faces.where(adults), label)
        start += len(kinds)
    return report
