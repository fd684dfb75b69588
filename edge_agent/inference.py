"""Networks, opened only when they are what their card says.

A camera runs unattended for years: a truncated download, a swapped file or a licence nobody
accepted must stop the start with a sentence, not bend the figures in silence. One thread per
session is the default; the camera has other work.
"""

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from edge_agent.frame import Image
from wire.model_card import ModelCard, Port

log = logging.getLogger(__name__)

WEIGHTS = Path(__file__).parent / "weights"
OPSETS = range(11, 24)
Floats = NDArray[np.float32]


class ModelError(Exception):
    """A network will not be used; the message says what was found, wanted, and what to do."""


class ModelMissingError(ModelError):
    """No card or no file under that name."""


class CardError(ModelError):
    """The card is not the JSON of a model card."""


class ChecksumError(ModelError):
    """The file is not the one its card describes."""


class ModelFormatError(ModelError):
    """The file is no ONNX network that this machine can run."""


class PortError(ModelError):
    """The network's inputs or outputs are not those of its card."""


class LicenceError(ModelError):
    """The network may be used for research only and nobody said that this is research."""


class ImageError(ValueError):
    """The picture is not 8-bit BGR or grey."""


@dataclass(frozen=True, slots=True, eq=False)
class Session:
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
) -> Session:
    """Open a network by name, looked up in `folders`, or by the path of its card."""
    path = model if isinstance(model, Path) else card_named(model, folders)
    card = read_card(path)
    if card.licence_allows == "research" and not accept_research:
        raise LicenceError(
            f"found {card.name}, trained on data for research only ({card.licence}), wanted a "
            "model whose licence allows commercial use; choose another, or accept the research "
            "licence in the configuration if this is research"
        )
    if card.licence_allows == "research":
        log.warning("model.research_only", extra={"model": card.name, "licence": card.licence})
    content = _checked(path.parent / card.file, card)
    return Session(card, _runtime(content, card, threads))


def read_card(path: Path) -> ModelCard:
    """Read a card; raises `ModelMissingError` or `CardError`."""
    if not path.is_file():
        raise ModelMissingError(
            f"found no model card at {path}, wanted its JSON beside the ONNX file; "
            "restore the file or fetch the model again"
        )
    try:
        return msgspec.json.decode(path.read_bytes(), type=ModelCard)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise CardError(
            f"found {path} that does not read as a model card ({error}), wanted the fields of "
            "wire.model_card; restore it or fetch the model again"
        ) from error


def number(card: ModelCard, name: str) -> float:
    """Return a number that a card has to state among its thresholds or its calibration."""
    stated = card.thresholds | card.calibration
    if name not in stated:
        raise CardError(
            f"found the card of {card.name} without {name!r}, wanted it beside {sorted(stated)}; "
            "restore the card or fetch the model again"
        )
    return stated[name]


def side_px(card: ModelCard) -> int:
    """Return the side of the square crops that a network looks at."""
    shape = card.inputs[0].shape if card.inputs else []
    if len(shape) != 4 or not isinstance(shape[2], int) or shape[2] < 1:
        raise CardError(
            f"found the card of {card.name} with the input shape {shape}, wanted four axes with a "
            "fixed height; restore the card or fetch the model again"
        )
    return shape[2]


def tried(card: ModelCard, run: Callable[[], object]) -> None:
    """Run a network once at the start: what it answers must be what its layout reads."""
    try:
        run()
    except Exception as error:  # whatever a strange answer breaks
        raise ModelFormatError(
            f"found {card.name} whose answers do not read as {card.layout!r} ({error}), wanted the "
            "outputs of that layout; restore the file and its card or fetch the model again"
        ) from error


def card_named(name: str, folders: Sequence[Path]) -> Path:
    """Return the card of that name in the first folder that has it, or raise."""
    for folder in folders:
        if (folder / f"{name}.json").is_file():
            return folder / f"{name}.json"
    known = sorted(path.stem for folder in folders for path in folder.glob("*.json"))
    raise ModelMissingError(
        f"found no model named {name!r}, wanted one of {', '.join(known) or 'none installed'}; "
        "correct the name, or bring the model with: python -m models fetch NAME"
    )


def _checked(path: Path, card: ModelCard) -> bytes:
    if not path.is_file():
        raise ModelMissingError(
            f"found no file {path}, wanted the weights of {card.name}; restore it"
        )
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != card.sha256:
        raise ChecksumError(
            f"found {path} with sha256 {digest} ({len(content)} bytes), wanted {card.sha256} "
            f"({card.bytes} bytes) as its card says; restore the file or fetch the model again"
        )
    return content


def _runtime(content: bytes, card: ModelCard, threads: int) -> ort.InferenceSession:
    if card.opset not in OPSETS:
        raise ModelFormatError(
            f"found {card.name} for operator set {card.opset}, wanted {OPSETS.start} to "
            f"{OPSETS.stop - 1}; export the model again"
        )
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        runtime = ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the runtime raises a dozen kinds, none public
        raise ModelFormatError(
            f"found {card.file} that the runtime cannot open ({error}), wanted an ONNX network "
            f"of operator set {card.opset}; restore the file or fetch the model again"
        ) from error
    _compare("inputs", card.inputs, runtime.get_inputs(), card)
    _compare("outputs", card.outputs, runtime.get_outputs(), card)
    return runtime


def _compare(
    kind: str, wanted: Sequence[Port], found: Sequence[ort.NodeArg], card: ModelCard
) -> None:
    want = {port.name: _fixed(port.shape) for port in wanted}
    have = {node.name: _fixed(node.shape) for node in found}
    if want.keys() != have.keys() or not all(_suits(want[name], have[name]) for name in want):
        raise PortError(
            f"found {card.file} with {kind} {have}, wanted {want} as its card says; "
            "restore the pair of files or export the model again"
        )


def _suits(want: Sequence[int | None], have: Sequence[int | None]) -> bool:
    """An axis that the card leaves free may be anything."""
    return len(want) == len(have) and all(
        one is None or one == other for one, other in zip(want, have, strict=True)
    )


def _fixed(shape: Sequence[object]) -> list[int | None]:
    """Keep the fixed axes of a shape; a named axis is free."""
    return [axis if isinstance(axis, int) else None for axis in shape]


def as_bgr(image: NDArray[Any]) -> Image:
    """Return 8-bit BGR of a BGR, BGRA or grey picture; refuse anything else with the reason."""
    if image.dtype != np.uint8:
        raise ImageError(
            f"found a picture of {image.dtype}, wanted 8 bits per channel; "
            "scale it to 0..255 where its range is known, before it comes here"
        )
    if image.ndim not in (2, 3) or 0 in image.shape:
        raise ImageError(
            f"found a picture of shape {image.shape}, wanted height x width x 3 with at least "
            "one pixel; drop the frame"
        )
    channels = 1 if image.ndim == 2 else image.shape[2]
    if channels == 3:
        return image
    if channels == 1:
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR), np.uint8)
    if channels == 4:
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGRA2BGR), np.uint8)
    raise ImageError(f"found {channels} channels, wanted 1, 3 or 4 (BGR order); convert it first")


def crop(
    image: Image, box: tuple[float, float, float, float], margin: float, side_px: int
) -> Image:
    """Cut the square of `margin` times the longer side of `box` and scale it to `side_px`.

    Beyond the picture's edge the edge is repeated.
    """
    side = max(2, round(max(box[2] - box[0], box[3] - box[1]) * margin))
    left = round((box[0] + box[2] - side) / 2)
    top = round((box[1] + box[3] - side) / 2)
    height, width = image.shape[:2]
    inner = image[max(0, top) : min(height, top + side), max(0, left) : min(width, left + side)]
    if not inner.size:
        return np.zeros((side_px, side_px, 3), np.uint8)
    edges = (
        max(0, -top),
        max(0, top + side - height),
        max(0, -left),
        max(0, left + side - width),
    )
    if any(edges):
        inner = np.asarray(cv2.copyMakeBorder(inner, *edges, cv2.BORDER_REPLICATE), np.uint8)
    way = cv2.INTER_AREA if side > side_px else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(inner, (side_px, side_px), interpolation=way), np.uint8)
