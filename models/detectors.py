"""Opens a detector by its name: one of this repository, a fetched one, or Amazon Rekognition.

`yunet` is the release that the manifest lists first. `rekognition` sends the pictures to Amazon and
needs boto3 and credentials; its precision-recall curve ends at the lowest score of the service.
"""

import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from edge_agent.perception.face_detector import FaceDetector, fixed_input_px, load_detector
from edge_agent.perception.model_cards import find_card, read_card
from edge_agent.perception.model_errors import ModelError
from models.rekognition import RekognitionFaceDetector
from wire.aws import AwsError, create_client

log = logging.getLogger(__name__)
LOW = 0.02
ALIASES = {"yunet": "yunet-2023mar"}


def open_detector(
    name: str, folders: Sequence[Path], input_px: int, *, accept_research: bool = False
) -> tuple[FaceDetector, float]:
    """Return the detector with a low threshold, for its curve, and its default threshold."""
    if name == RekognitionFaceDetector.name:
        return _rekognition(threshold=LOW), _rekognition().threshold
    load = partial(
        load_detector,
        ALIASES.get(name, name),
        input_px=input_px,
        folders=folders,
        accept_research=accept_research,
    )
    default = load()
    return load(threshold=default.probability(LOW)), default.threshold


def sizes_of(name: str, folders: Sequence[Path], wanted: Sequence[int]) -> list[int]:
    """Return the input sizes of a detector: `wanted`, or the fixed size of its network."""
    if name == RekognitionFaceDetector.name:
        return list(wanted)
    fixed = fixed_input_px(read_card(card_of(name, folders)))
    if fixed is None:
        return list(dict.fromkeys(wanted))
    if fixed not in wanted:
        log.warning("evaluate.size %s runs at %d px only", name, fixed)
    return [fixed]


def available_detectors(names: Sequence[str], folders: Sequence[Path]) -> list[str]:
    """Return the detectors whose card is in a folder; the others are logged with the remedy."""
    available = []
    for name in names:
        try:
            card_of(name, folders)
        except ModelError:
            remedy = f"python -m models fetch {ALIASES.get(name, name)}"
            log.warning("evaluate.skipped %s: not installed; %s", name, remedy)
        else:
            available.append(name)
    return available


def card_of(name: str, folders: Sequence[Path]) -> Path:
    """Return the card of a detector; raises `ModelError` for Rekognition, which has none."""
    if name == RekognitionFaceDetector.name:
        raise ModelError(
            "found Amazon Rekognition, whose confidence has no card here, expected a detector with "
            "one; name another"
        )
    return find_card(ALIASES.get(name, name), folders)


def _rekognition(**options: float) -> RekognitionFaceDetector:
    try:
        return RekognitionFaceDetector(create_client("rekognition"), **options)
    except AwsError as error:
        raise ModelError(f"Amazon Rekognition cannot be used: {error}") from error
