"""What `python -m models evaluate` runs for each of its words."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edge_agent.pose import load_pose
from models.evaluate import attention, detection, development, speed


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
    """Measure everything on the development set."""
    return {
        "detection": development.detectors(data, names, folders),
        "attention": development.estimators(
            data,
            ["onlooker-attention", "onlooker-attention-ytf"],
            folders,
            accept_research=True,
        ),
    }
