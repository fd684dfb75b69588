"""Model card of a network: origin, permitted use, measured figures.

The card is a JSON file next to its ONNX file. The agent refuses a network that differs from its
card. Reports name networks by the card's name and version.
"""

from typing import Annotated, Literal

import msgspec

Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
Task = Literal["face-detection", "face-check", "head-pose", "demographics", "emotion"]
Allows = Literal["commercial", "research"]


class Port(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An input or output: `shape` with names for variable axes, and the meaning of the numbers."""

    name: str
    shape: list[int | str]
    meaning: str


class TrainingSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One source of training images and its licence."""

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
    """The card of one ONNX file. `layout` names the decoder of its outputs.

    `second_look` names the network that verifies the faces that this one finds, if there is one.
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
