"""What is known about a network: where it came from, what it may be used for, what it scores.

The card lies beside its ONNX file as JSON. The camera refuses a file that its card does not
describe, and the health report names the models by the card's name and version.
"""

from typing import Annotated, Literal

import msgspec

Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Task = Literal["face-detection", "face-check", "head-pose", "demographics", "emotion"]
Allows = Literal["commercial", "research"]


class Port(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An input or output: `shape` with names for free axes, and what the numbers mean."""

    name: str
    shape: list[int | str]
    meaning: str


class TrainingSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One source of training images and the licence it came under."""

    name: str
    licence: str
    images: int


class ModelFigure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A measured figure with its 95 % interval, over `n` cases of the set named `set`."""

    metric: str
    value: float
    low: float
    high: float
    n: int
    set: str


class ModelCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The card of one ONNX file. `layout` names the reading of its outputs.

    `second_look` names the network that checks what this one found, where there is one.
    """

    name: str
    version: str
    task: Task
    layout: str
    file: str
    sha256: Sha256
    bytes: int
    opset: int
    inputs: list[Port]
    outputs: list[Port]
    thresholds: dict[str, float]
    licence: str
    licence_allows: Allows
    training_data: list[TrainingSet]
    teachers: list[str] = []
    figures: list[ModelFigure] = []
    limits: list[str] = []
    calibration: dict[str, float] = {}
    second_look: str | None = None
