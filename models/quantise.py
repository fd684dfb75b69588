"""Creates an eight-bit copy of a network by static quantisation (QDQ, per channel).

The ranges are measured on real pictures. Whether the copy is faster depends on the processor: x86
with VNNI gains on wide layers and loses on thin depthwise ones. Compare it with the original before
using it.
"""

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
from models.cards import seal_card


class Pictures(CalibrationDataReader):  # type: ignore[misc]  # the runtime has no types
    """Supplies the pictures to the quantiser, one by one."""

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
    prepared, path = folder / f"{name}.prepared.onnx", folder / f"{name}.onnx"
    quant_pre_process(str(card_path.parent / card.file), str(prepared), skip_symbolic_shape=True)
    quantize_static(
        str(prepared),
        str(path),
        Pictures(card.inputs[0].name, [np.asarray(plane, np.float32) for plane in planes]),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.MinMax,
    )
    prepared.unlink()
    copy = msgspec.structs.replace(
        card,
        name=name,
        figures=[],
        limits=[*card.limits, f"Eight-bit copy of {card.name} {card.version}."],
    )
    return seal_card(copy, path)
