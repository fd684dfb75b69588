"""Opens networks in ONNX Runtime, only when they match their model card.

A truncated download, a swapped file or a licence that was not accepted stops the start with an
error message. One thread per session is the default, because the camera has other work.
"""

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from edge_agent.perception.model_cards import WEIGHTS, find_card, read_card
from edge_agent.perception.model_errors import (
    ChecksumError,
    LicenceError,
    ModelFormatError,
    ModelMissingError,
    PortError,
)
from wire.model_card import ModelCard, Port

log = logging.getLogger(__name__)

OPSETS = range(11, 24)
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class ModelSession:
    """An open network and its card."""

    card: ModelCard
    _runtime: ort.InferenceSession

    def run(self, inputs: Mapping[str, Floats]) -> list[Floats]:
        """Run once; outputs come in the order of the card."""
        names = [port.name for port in self.card.outputs]
        return [np.asarray(out, np.float32) for out in self._runtime.run(names, dict(inputs))]


def open_session(
    model: str | Path,
    *,
    folders: Sequence[Path] = (WEIGHTS,),
    accept_research: bool = False,
    threads: int = 1,
) -> ModelSession:
    """Open a network by name, looked up in `folders`, or by the path of its card."""
    path = model if isinstance(model, Path) else find_card(model, folders)
    card = read_card(path)
    if card.licence_allows == "research" and not accept_research:
        raise LicenceError(
            f"found {card.name}, trained on data for research only ({card.licence}), expected "
            "a model whose licence allows commercial use; choose another, or accept the research "
            "licence in the configuration if this is research"
        )
    if card.licence_allows == "research":
        log.warning("model.research_only", extra={"model": card.name, "licence": card.licence})
    content = _read_weights(path.parent / card.file, card)
    return ModelSession(card, _open_runtime(content, card, threads))


def check_inference(card: ModelCard, run: Callable[[], object]) -> None:
    """Run a network once at the start; its outputs must match its layout."""
    try:
        run()
    except Exception as error:  # an unexpected output can raise anything
        raise ModelFormatError(
            f"found {card.name} whose outputs do not match {card.layout!r} ({error}), expected the "
            "outputs of that layout; restore the file and its card or fetch the model again"
        ) from error


def _read_weights(path: Path, card: ModelCard) -> bytes:
    if not path.is_file():
        raise ModelMissingError(
            f"found no file {path}, expected the weights of {card.name}; restore it"
        )
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != card.sha256:
        raise ChecksumError(
            f"found {path} with sha256 {digest} ({len(content)} bytes), expected {card.sha256} "
            f"({card.bytes} bytes) as its card says; restore the file or fetch the model again"
        )
    return content


def _open_runtime(content: bytes, card: ModelCard, threads: int) -> ort.InferenceSession:
    if card.opset not in OPSETS:
        raise ModelFormatError(
            f"found {card.name} for operator set {card.opset}, expected {OPSETS.start} to "
            f"{OPSETS.stop - 1}; export the model again"
        )
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        runtime = ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the runtime raises many types, none of them public
        raise ModelFormatError(
            f"found {card.file} that the runtime cannot open ({error}), expected an ONNX network "
            f"of operator set {card.opset}; restore the file or fetch the model again"
        ) from error
    _compare_ports("inputs", card.inputs, runtime.get_inputs(), card)
    _compare_ports("outputs", card.outputs, runtime.get_outputs(), card)
    return runtime


def _compare_ports(
    kind: str, wanted: Sequence[Port], found: Sequence[ort.NodeArg], card: ModelCard
) -> None:
    want = {port.name: _fixed_axes(port.shape) for port in wanted}
    have = {node.name: _fixed_axes(node.shape) for node in found}
    if want.keys() != have.keys() or not all(
        _shapes_match(want[name], have[name]) for name in want
    ):
        raise PortError(
            f"found {card.file} with {kind} {have}, expected {want} as its card says; "
            "restore the pair of files or export the model again"
        )


def _shapes_match(want: Sequence[int | None], have: Sequence[int | None]) -> bool:
    """Whether the shapes agree; an axis that the card leaves free may have any size."""
    return len(want) == len(have) and all(
        one is None or one == other for one, other in zip(want, have, strict=True)
    )


def _fixed_axes(shape: Sequence[object]) -> list[int | None]:
    """The fixed axes of a shape, None for a named axis."""
    return [axis if isinstance(axis, int) else None for axis in shape]
