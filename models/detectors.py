"""Any detector by its name: those of this repository, fetched ones, and the cloud's.

`yunet` stands for the release that the manifest lists first. `rekognition` sends the pictures to
Amazon and needs boto3 and credentials; it has no curve below its own lowest score.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from edge_agent.detect import FaceDetector, load_detector
from edge_agent.inference import ModelError, card_named
from models.rekognition import RekognitionFaceDetector

LOW = 0.02
ALIASES = {"yunet": "yunet-2023mar"}


def opened(
    name: str, folders: Sequence[Path], input_px: int, *, accept_research: bool = False
) -> tuple[FaceDetector, float]:
    """Return the detector with a low threshold for its curve, and its own default threshold."""
    if name == RekognitionFaceDetector.name:
        return _rekognition(threshold=LOW), _rekognition().threshold
    load = partial(
        load_detector,
        ALIASES.get(name, name),
        input_px=input_px,
        folders=folders,
        accept_research=accept_research,
    )
    usual = load()
    return load(threshold=usual.probability(LOW)), usual.threshold


def card_of(name: str, folders: Sequence[Path]) -> Path:
    """Return the card of a detector that runs here."""
    if name == RekognitionFaceDetector.name:
        raise ModelError(
            "found Amazon Rekognition, whose confidence has no card here, wanted a detector with "
            "one; name another"
        )
    return card_named(ALIASES.get(name, name), folders)


def _rekognition(**options: float) -> RekognitionFaceDetector:
    try:
        import boto3
        from botocore.exceptions import BotoCoreError
    except ImportError as error:
        raise ModelError(
            "found no boto3, wanted it for Amazon Rekognition; install the extra: "
            "pip install 'onlooker[aws]'"
        ) from error
    try:
        return RekognitionFaceDetector(boto3.client("rekognition"), **options)
    except BotoCoreError as error:
        raise ModelError(
            f"found no way to Amazon Rekognition ({error}), wanted credentials and a region; "
            "set AWS_REGION and sign in"
        ) from error
