"""One recipe a network: which pictures, how many steps, what the file is called.

Labels and views are made once with the teachers and kept under the runs folder; later runs do
not need the teachers. Research recipes read data that may not be used commercially.
"""

from collections.abc import Iterator
from dataclasses import dataclass
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
from models.export import OPSET, export_onnx, load_average, seal_card
from models.train import attention, classes, detection, face_verifier, labels, pose_views
from models.train.checkpoints import Schedule, steps_of
from models.train.classes import ClassNet
from models.train.clutter import clutter
from models.train.detector_net import DetectorNet, ExportedDetector
from models.train.face_verifier import FaceVerifierNet
from models.train.pose_net import SIDE_PX, PoseNet
from models.train.ytf_views import ytf_views
from wire.model_card import ModelCard

if TYPE_CHECKING:
    from models.teachers.intel import IntelTeacher

COMMERCIAL = ("detection", "attention", "face-check")
# what the detector takes for a face where nobody is, to be unlearnt
CHECK_SCORE = 0.2
DECOY_SCORE, DECOY_SIZES_PX = 0.3, (320, 640)
CLUTTER_PICTURES, CLUTTER_SIDE_PX, CLUTTER_SEED = 400, 320, 11


@dataclass(frozen=True, slots=True)
class Recipe:
    """`folder` under the runs folder, steps, rate, and the share of steps over which it falls."""

    folder: str
    steps: int
    rate: float
    fall_ratio: float = 0.25


RECIPES = {
    "detection": Recipe("detector", 7500, 3e-3, fall_ratio=0.7),
    "attention": Recipe("attention", 3000, 3e-3),
    "attention-ytf": Recipe("attention-ytf", 2500, 3e-3),
    "face-check": Recipe("face-check", face_verifier.STEPS, 3e-3),
    "demographics": Recipe("demographics", 3000, 2e-3),
    "emotion": Recipe("emotion", 2000, 2e-3),
}


def labelled_pictures(data: Path, runs: Path) -> list[LabelledPicture]:
    """Return the permissive pictures with their labels, made by the teachers the first time."""
    kept = runs / "labels" / "detection.json"
    teacher = None if kept.is_file() else _teacher(data)
    return labels.label_pictures(labels.permissive_pictures(data / "train"), teacher, kept)


def _teacher(data: Path) -> "IntelTeacher":
    from models.teachers.intel import IntelTeacher

    return IntelTeacher(data / "teachers" / "intel")


def train_network(kind: str, data: Path, runs: Path, steps: int | None) -> Path:
    """Train one network and return its checkpoint."""
    recipe = RECIPES[kind]
    schedule = Schedule(steps or recipe.steps, recipe.rate, fall_ratio=recipe.fall_ratio)
    folder = runs / recipe.folder
    if kind == "face-check":
        return _second_look(data, runs, folder)
    if kind == "detection":
        return _detection(labelled_pictures(data, runs), folder, schedule)
    if kind in cards.CLASSES:
        faces, ordered = (
            _faces(kind, data / "train"),
            [name in ORDERED for name in cards.CLASSES[kind]],
        )
        return classes.train(faces, _counts(kind), folder, ordered=ordered, schedule=schedule)
    if kind == "attention-ytf":
        return attention.train(
            ytf_views(data / "train" / "head_pose_ytf"), folder, schedule=schedule
        )
    kept = folder / "views.npz"
    pictures = [] if kept.is_file() else labelled_pictures(data, runs)
    teacher = None if kept.is_file() else _teacher(data)
    return attention.train(
        pose_views.load_or_create_views(kept, pictures, teacher), folder, schedule=schedule
    )


def _second_look(data: Path, runs: Path, folder: Path) -> Path:
    """Teach the check from the detector's mistakes, with the body of the attention network.

    All of them, the small ones too: spared those, it lets printed letters and gravel pass.
    """
    pictures = labelled_pictures(data, runs)
    finder = folder / "finder"
    _write(runs / RECIPES["detection"].folder / "last.pt", finder, "0.0.0", "detection-alone")
    finders = _finders(finder, CHECK_SCORE)
    taught = [
        labels.with_decoys(shown, finders, least_px=0.0) for shown in [*pictures, *_drawn_clutter()]
    ]
    body = load_average(PoseNet(), runs / RECIPES["attention"].folder / "last.pt")
    views = pose_views.load_or_create_views(
        runs / RECIPES["attention"].folder / "views.npz", [], None
    )
    return face_verifier.train(body, taught, views, folder)


def _faces(kind: str, folder: Path) -> LabelledFaces:
    if kind == "emotion":
        return fer.faces(folder / "emotion_fer2013")
    return utkface.faces(folder / "age_gender_utkface")


def _counts(kind: str) -> list[int]:
    return [len(names) for names in cards.CLASSES[kind].values()]


def _detection(pictures: list[LabelledPicture], folder: Path, schedule: Schedule) -> Path:
    """Begin from noise, and look for mistakes on the way in the pictures and in drawn clutter."""

    def mined(checkpoint: Path, step: int) -> list[LabelledPicture]:
        kept = folder / f"at-{step}"
        if steps_of(checkpoint) == step:  # a run that goes on later finds these mistakes again
            _write(checkpoint, kept, "0.0.0", "detection-alone")
        finders = _finders(kept, DECOY_SCORE)
        return [labels.with_decoys(shown, finders) for shown in [*pictures, *_drawn_clutter()]]

    return detection.train(pictures, folder, schedule=schedule, mined=mined)


def _drawn_clutter() -> Iterator[LabelledPicture]:
    rng = np.random.default_rng(CLUTTER_SEED)
    for number in range(CLUTTER_PICTURES):
        yield LabelledPicture(f"clutter/{number}", clutter(CLUTTER_SIDE_PX, rng))


def _finders(folder: Path, threshold: float) -> list[FaceDetector]:
    """Open the first look alone at every size that matters."""
    card = folder / "onlooker-face.json"
    return [load_detector(card, input_px=size, threshold=threshold) for size in DECOY_SIZES_PX]


def export(kind: str, runs: Path, folder: Path, version: str) -> Path:
    """Export the checkpoint of a recipe and seal its card."""
    return _write(runs / RECIPES[kind].folder / "last.pt", folder, version, kind)


def _write(checkpoint: Path, folder: Path, version: str, kind: str) -> Path:
    card, net, example, outputs, free = _described(kind, version)
    path = folder / card.file
    export_onnx(_exported(load_average(net, checkpoint)), example, path, outputs=outputs, free=free)
    return seal_card(card, path)


def _exported(net: nn.Module) -> nn.Module:
    return ExportedDetector(net).eval() if isinstance(net, DetectorNet) else net


def _described(
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
