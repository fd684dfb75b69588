"""Trains and exports a network by its recipe: its pictures, steps, model card and file.

The teachers create labels and views once; both are stored in the runs folder, and later runs do
not need the teachers. Research recipes read data that may not be used commercially.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import torch
from torch import nn

from edge_agent.perception.demographics import ORDERED
from edge_agent.perception.face_detector import FaceDetector, load_detector
from models import cards
from models.datasets import fer, utkface
from models.datasets.labelled_faces import LabelledFaces
from models.datasets.picture import LabelledPicture
from models.export import OPSET, export_onnx, load_average
from models.train import attention, classes, detection, face_verifier
from models.train.checkpoints import steps_of
from models.train.classes import ClassNet
from models.train.detector_net import DetectorNet, ExportedDetector
from models.train.face_verifier import FaceVerifierNet
from models.train.pose_net import PoseNet
from models.train.recipes import RECIPES
from models.train.samples import labels, pose_views
from models.train.samples.clutter import clutter
from models.train.samples.pose_crops import SIDE_PX
from models.train.samples.ytf_views import read_ytf_views
from models.train.schedule import Schedule
from wire.model_card import ModelCard

if TYPE_CHECKING:
    from models.teachers.intel import IntelTeacher

# scores from which a detection without a label becomes a decoy: what must not be detected
CHECK_SCORE = 0.2
DECOY_SCORE, DECOY_SIZES_PX = 0.3, (320, 640)
CLUTTER_PICTURES, CLUTTER_SIDE_PX, CLUTTER_SEED = 400, 320, 11


def labelled_pictures(data: Path, runs: Path) -> list[LabelledPicture]:
    """Return the permissive pictures with their labels; the first run creates the labels."""
    stored = runs / "labels" / "detection.json"
    teacher = None if stored.is_file() else _load_teacher(data)
    return labels.label_pictures(labels.permissive_pictures(data / "train"), teacher, stored)


def _load_teacher(data: Path) -> "IntelTeacher":
    from models.teachers.intel import load_teacher

    return load_teacher(data / "teachers" / "intel")


def train_network(kind: str, data: Path, runs: Path, steps: int | None) -> Path:
    """Train one network and return its checkpoint."""
    recipe = RECIPES[kind]
    schedule = Schedule(steps or recipe.steps, recipe.rate, fall_ratio=recipe.fall_ratio)
    folder = runs / recipe.folder
    if kind == "face-check":
        return _train_verifier(data, runs, folder, schedule)
    if kind == "detection":
        return _train_detector(labelled_pictures(data, runs), folder, schedule)
    if kind in cards.CLASSES:
        faces, ordered = (
            _faces(kind, data / "train"),
            [name in ORDERED for name in cards.CLASSES[kind]],
        )
        return classes.train(faces, _counts(kind), folder, ordered=ordered, schedule=schedule)
    if kind == "attention-ytf":
        return attention.train(
            read_ytf_views(data / "train" / "head_pose_ytf"), folder, schedule=schedule
        )
    stored = folder / "views.npz"
    pictures = [] if stored.is_file() else labelled_pictures(data, runs)
    teacher = None if stored.is_file() else _load_teacher(data)
    return attention.train(
        pose_views.load_or_create_views(stored, pictures, teacher), folder, schedule=schedule
    )


def _train_verifier(data: Path, runs: Path, folder: Path, schedule: Schedule) -> Path:
    """Train the face verifier on the detector's mistakes, with the attention network's body.

    Small mistakes are included: without them it accepts printed letters and gravel.
    """
    pictures = labelled_pictures(data, runs)
    exported = folder / "finder"
    _write(RECIPES["detection"].checkpoint(runs), exported, "0.0.0", "detection-alone")
    detectors = _open_detectors(exported, CHECK_SCORE)
    with_decoys = [
        labels.with_decoys(picture, detectors, least_px=0.0)
        for picture in [*pictures, *_draw_clutter()]
    ]
    body = load_average(PoseNet(), RECIPES["attention"].checkpoint(runs))
    views = pose_views.load_or_create_views(
        runs / RECIPES["attention"].folder / "views.npz", [], None
    )
    return face_verifier.train(body, with_decoys, views, folder, schedule=schedule)


def _faces(kind: str, folder: Path) -> LabelledFaces:
    if kind == "emotion":
        return fer.faces(folder / "emotion_fer2013")
    return utkface.faces(folder / "age_gender_utkface")


def _counts(kind: str) -> list[int]:
    return [len(names) for names in cards.CLASSES[kind].values()]


def _train_detector(pictures: list[LabelledPicture], folder: Path, schedule: Schedule) -> Path:
    """Train from random weights; search the pictures and drawn clutter for mistakes meanwhile."""

    def mine(checkpoint: Path, step: int) -> list[LabelledPicture]:
        exported = folder / f"at-{step}"
        stored = (exported / "onlooker-face.json").is_file()
        # a run that is resumed after this step finds the same mistakes; a longer run may resume
        # after a step at which an earlier one did not search
        if steps_of(checkpoint) == step or not stored:
            _write(checkpoint, exported, "0.0.0", "detection-alone")
        detectors = _open_detectors(exported, DECOY_SCORE)
        return [labels.with_decoys(picture, detectors) for picture in [*pictures, *_draw_clutter()]]

    return detection.train(pictures, folder, schedule=schedule, mine=mine)


def _draw_clutter() -> Iterator[LabelledPicture]:
    rng = np.random.default_rng(CLUTTER_SEED)
    for number in range(CLUTTER_PICTURES):
        yield LabelledPicture(f"clutter/{number}", clutter(CLUTTER_SIDE_PX, rng))


def _open_detectors(folder: Path, threshold: float) -> list[FaceDetector]:
    """Open the exported detector, without the face verifier, at each input size."""
    card = folder / "onlooker-face.json"
    return [load_detector(card, input_px=size, threshold=threshold) for size in DECOY_SIZES_PX]


def export_network(kind: str, runs: Path, folder: Path, version: str) -> Path:
    """Export the checkpoint of a recipe and seal its card."""
    return _write(RECIPES[kind].checkpoint(runs), folder, version, kind)


def _write(checkpoint: Path, folder: Path, version: str, kind: str) -> Path:
    card, net, example, outputs, free = _describe(kind, version)
    path = folder / card.file
    trained = _for_export(load_average(net, checkpoint))
    export_onnx(trained, example, path, outputs=outputs, free=free)
    return cards.seal_card(card, path)


def _for_export(net: nn.Module) -> nn.Module:
    return ExportedDetector(net).eval() if isinstance(net, DetectorNet) else net


def _describe(
    kind: str, version: str
) -> tuple[ModelCard, nn.Module, torch.Tensor, list[str], dict[int, str]]:
    if kind in {"detection", "detection-alone"}:
        card = cards.face_card(version, OPSET, cards.FACE_SCORE)
        if kind == "detection-alone":
            card = msgspec.structs.replace(card, second_look=None)
        names = [port.name for port in card.outputs]
        example = torch.rand(1, 3, 192, 320) * 255
        return card, DetectorNet(), example, names, {2: "height", 3: "width"}
    example = torch.rand(3, 3, SIDE_PX, SIDE_PX) * 255
    if kind == "face-check":
        card = cards.face_verifier_card(version, OPSET)
        return card, FaceVerifierNet(PoseNet()), example, ["face"], {0: "faces"}
    if kind in cards.CLASSES:
        card = cards.class_card(kind, version, OPSET, {})
        return card, ClassNet(_counts(kind)), example, ["logits"], {0: "faces"}
    card = cards.attention_card(version, OPSET, research=kind == "attention-ytf")
    return card, PoseNet(), example, ["pose"], {0: "faces"}
