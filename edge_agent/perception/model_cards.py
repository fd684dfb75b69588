"""Finds and reads model cards, the JSON files that describe each network."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from edge_agent.perception.model_errors import CardError, ModelMissingError
from wire.model_card import ModelCard

WEIGHTS = Path(__file__).parents[1] / "weights"


def read_card(path: Path) -> ModelCard:
    """Read a card; raises `ModelMissingError` or `CardError`."""
    if not path.is_file():
        raise ModelMissingError(
            f"found no model card at {path}, expected its JSON beside the ONNX file; "
            "restore the file or fetch the model again"
        )
    try:
        return msgspec.json.decode(path.read_bytes(), type=ModelCard)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise CardError(
            f"found {path} that is not a model card ({error}), expected the fields of "
            "wire.model_card; restore it or fetch the model again"
        ) from error


def required_number(card: ModelCard, name: str) -> float:
    """Return a required number of a card's thresholds or calibration; raises CardError."""
    stated = card.thresholds | card.calibration
    if name not in stated:
        raise CardError(
            f"found the card of {card.name} without {name!r}, expected it beside {sorted(stated)}; "
            "restore the card or fetch the model again"
        )
    return stated[name]


def input_side_px(card: ModelCard) -> int:
    """Return the side of the square crops that are the input of a network."""
    shape = card.inputs[0].shape if card.inputs else []
    if len(shape) != 4 or not isinstance(shape[2], int) or shape[2] < 1:
        raise CardError(
            f"found the card of {card.name} with input shape {shape}, expected four axes with a "
            "fixed height; restore the card or fetch the model again"
        )
    return shape[2]


def find_card(name: str, folders: Sequence[Path]) -> Path:
    """Return the card of that name in the first folder that has it; raises ModelMissingError.

    A name with a folder in it is no model: configuration names models, not paths.
    """
    for folder in folders if Path(name).name == name else ():
        if (folder / f"{name}.json").is_file():
            return folder / f"{name}.json"
    stems = sorted(path.stem for folder in folders for path in folder.glob("*.json"))
    raise ModelMissingError(
        f"found no model named {name!r}, expected one of {', '.join(stems) or 'none installed'}; "
        "correct the name, or install the model with: python -m models fetch NAME"
    )
