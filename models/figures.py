"""Figures from an evaluation, written into the cards of the networks they belong to.

A card's figures are never typed by hand: they come from the JSON of `evaluate all`,
and those of held-out pictures from `calibrate`.
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


def of_detector(report: Mapping[str, Any]) -> Iterator[ModelFigure]:
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
        honest = report[folder]["calibration_error"]
        yield _figure(f"calibration_error@{size} {score}", honest, folder)


def of_estimator(report: Mapping[str, Any]) -> Iterator[ModelFigure]:
    """Yield every figure of an attention network with an interval over persons."""
    for metric in ("precision", "recall", "f1", "yaw_mae_deg", "pitch_mae_deg"):
        yield _figure(metric, report[metric], "head_pose_ytf")


def of_classes(report: Mapping[str, Any], name: str) -> Iterator[ModelFigure]:
    """Yield the shares of right answers, over all and by subgroup."""
    for label, part in report.items():
        if not isinstance(part, dict):
            continue
        yield _figure(f"{label} exact", part["exact"], name)
        if "within_one" in part:
            yield _figure(f"{label} within one", part["within_one"], name)
        for group, share in part.get("by_group", {}).items():
            yield _figure(f"{label} exact, group {group}", share, name)


def by_model(report: Mapping[str, Any]) -> dict[str, list[ModelFigure]]:
    """Sort the figures of `evaluate all` by the name of the network."""
    found: dict[str, list[ModelFigure]] = {}
    for part in report["detection"]:
        found.setdefault(part["detector"], []).extend(of_detector(part))
    for part in report["attention"]:
        found.setdefault(part["estimator"], []).extend(of_estimator(part))
    for kind, name in (("demographics", "age_gender_utkface"), ("emotion", "emotion_fer2013")):
        if kind in report:
            found.setdefault(report[kind]["model"], []).extend(of_classes(report[kind], name))
    return found


def temperatures(report: Mapping[str, Any], name: str) -> dict[str, float]:
    """Return the temperatures that make a class network's probabilities honest."""
    parts = [report[kind] for kind in ("demographics", "emotion") if kind in report]
    return {
        f"{label}_temperature": part["refitted"]["temperature"]
        for found in parts
        if found["model"] == name
        for label, part in found.items()
        if isinstance(part, dict) and "refitted" in part
    }


def record(report: Mapping[str, Any], folders: Sequence[Path]) -> dict[str, int]:
    """Write the figures into the cards that are in `folders`; tell how many each got."""
    written = {}
    for name, figures in by_model(report).items():
        for path in (folder / f"{name}.json" for folder in folders):
            if path.is_file():
                before = read_card(path)
                known = before.calibration | temperatures(report, name)
                held_out = [one for one in before.figures if one.metric == HELD_OUT]
                card = msgspec.structs.replace(
                    before, figures=[*figures, *held_out], calibration=known
                )
                write_card(path, card)
                written[name] = len(figures)
    return written
