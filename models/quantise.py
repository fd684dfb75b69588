"""Eight-bit copies of a network, kept only where they are as good and quicker.

Static quantisation with ranges read off real pictures (QDQ, per channel). Whether it pays
depends on the processor: x86 with VNNI gains on wide layers and loses on thin depthwise ones, so
the copy is measured beside the original before anybody uses it.
"""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from edge_agent.perception.inference import Floats
from edge_agent.perception.model_cards import read_card


class Pictures(CalibrationDataReader):  # type: ignore[misc]  # the runtime carries no types
    """Hands pictures to the quantiser one by one."""

    def __init__(self, name: str, planes: Sequence[Floats]) -> None:
        self._feeds: Iterator[dict[str, Floats]] = iter([{name: plane} for plane in planes])

    def get_next(self) -> dict[str, Floats] | None:
        """Return the next input, or None after the last."""
        return next(self._feeds, None)


def quantise_network(card_path: Path, planes: Sequence[Floats], folder: Path) -> Path:
    """Write an eight-bit copy of a network and its card, named NAME-int8; return the card."""
    card = read_card(card_path)
    name = f"{card.name}-int8"
    folder.mkdir(parents=True, exist_ok=True)
    ready, path = folder / f"{name}.ready.onnx", folder / f"{name}.onnx"
    quant_pre_process(str(card_path.parent / card.file), str(ready), skip_symbolic_shape=True)
    quantize_static(
        str(ready),
        str(path),
        Pictures(card.inputs[0].name, [np.asarray(plane, np.float32) for plane in planes]),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.MinMax,
    )
    ready.unlink()
    content = path.read_bytes()
    copy = msgspec.structs.replace(
        card,
        name=name,
        file=path.name,
        sha256=hashlib.sha256(content).hexdigest(),
        bytes=len(content),
        figures=[],
        limits=[*card.limits, f"Eight-bit copy of {card.name} {card.version}."],
    )
    kept = path.with_suffix(".json")
    kept.write_bytes(msgspec.json.format(msgspec.json.encode(copy), indent=2) + b"\n")
    return kept
