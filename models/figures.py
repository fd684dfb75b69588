"""Writes the figures of an evaluation into the model cards of its networks.

The figures of a card come from the JSON of `evaluate all`; the figure of held-out pictures comes
from `calibrate`.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from edge_agent.perception.model_cards import read_card
from models.cards import write_card
from models.evaluate.scores import HELD_OUT
from wire.model_card import ModelFigure


def _figure(metric: str, measured: Mapping[str, float], name: str) -> ModelFigure:
    return ModelFigure(
        metric=metric,
        value=measured["value"],
        low=measured["low"],
        high=measured["high"],
        n=int(measured["n"]),
        set=name,
    )


def detector_figures(report: Mapping[str, Any]) -> Iterator[ModelFigure]:
    """Yield AP, recall and precision of one run at one input size."""
    size = report["input_px"]
    for folder in ("face_boxes_facemask", "face_boxes_groups"):
        for least in ("from_0_px", "from_16_px", "from_32_px"):
            part = report[folder][least]
            yield _figure(f"AP50@{size} {least}", part["average_precision"], folder)
        score = f"score {report[folder]['threshold']:.4g}"
        for metric in ("recall", "precision"):
            found = report[folder]["from_0_px"][metric]
            yield _figure(f"{metric}@{size} {score}", found, folder)
        error = report[folder]["calibration_error"]
        yield _figure(f"calibration_error@{size} {score}", error, folder)


def estimator_figures(report: Mapping[str, Any]) -> Iterator[ModelFigure]:
    """Yield every figure of an attention network with an interval over persons."""
    for metric in ("precision", "recall", "f1", "yaw_mae_deg", "pitch_mae_deg"):
        yield _figure(metric, report[metric], "head_pose_ytf")


def class_figures(report: Mapping[str, Any], name: str) -> Iterator[ModelFigure]:
    """Yield the shares of correct classes, over all and by subgroup."""
    for label, part in report.items():
        if not isinstance(part, dict):
            continue
        yield _figure(f"{label} exact", part["exact"], name)
        if "within_one" in part:
            yield _figure(f"{label} within one", part["within_one"], name)
        for group, share in part.get("by_group", {}).items():
            yield _figure(f"{label} exact, group {group}", share, name)


def figures_by_model(report: Mapping[str, Any]) -> dict[str, list[ModelFigure]]:
    """Return the figures of `evaluate all` by the name of the network."""
    found: dict[str, list[ModelFigure]] = {}
    for part in report["detection"]:
        found.setdefault(part["detector"], []).extend(detector_figures(part))
    for part in report["attention"]:
        found.setdefault(part["estimator"], []).extend(estimator_figures(part))
    for kind, name in (("demographics", "age_gender_utkface"), ("emotion", "emotion_fer2013")):
        if kind in report:
            found.setdefault(report[kind]["model"], []).extend(class_figures(report[kind], name))
    return found


def temperatures(report: Mapping[str, Any], name: str) -> dict[str, float]:
    """Return the fitted temperatures of a class network, for the calibration of its card."""
    parts = [report[kind] for kind in ("demographics", "emotion") if kind in report]
    return {
        f"{label}_temperature": part["refitted"]["temperature"]
        for found in parts
        if found["model"] == name
        for label, part in found.items()
        if isinstance(part, dict) and "refitted" in part
    }


def record(report: Mapping[str, Any], folders: Sequence[Path]) -> dict[str, int]:
    """Write the figures into the cards in `folders`; return the number of figures by network."""
    written = {}
    for name, figures in figures_by_model(report).items():
        for path in (folder / f"{name}.json" for folder in folders):
            if path.is_file():
                before = read_card(path)
                calibration = before.calibration | temperatures(report, name)
                held_out = [one for one in before.figures if one.metric == HELD_OUT]
                card = msgspec.structs.replace(
                    before, figures=[*figures, *held_out], calibration=calibration
                )
                write_card(path, card)
                written[name] = len(figures)
    return written
