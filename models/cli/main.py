"""Run one command of `python -m models` and print its result as JSON."""

import argparse
import json
import logging
import sys
from typing import Final

from edge_agent.perception.model_errors import ModelError
from edge_agent.settings.loading import SettingsError
from models.cli.actions import ACTIONS
from models.datasets.picture import DatasetError
from models.datasets.pictures_on_disk import PictureError
from models.datasets.table import LabelTableError
from models.evaluate.errors import EvaluationError
from models.registry import FetchError
from models.rekognition import RekognitionError
from models.train.errors import TrainingDataError
from wire.aws import AwsError

REFUSALS: Final = (
    AwsError,
    ModelError,
    DatasetError,
    PictureError,
    LabelTableError,
    EvaluationError,
    RekognitionError,
    FetchError,
    TrainingDataError,
    SettingsError,
)


def run(options: argparse.Namespace) -> int:
    """Return 0 when the command succeeded, 2 when it was refused with a reason."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    try:
        result = ACTIONS[options.command](options)
    except REFUSALS as error:
        sys.stderr.write(f"models: {error}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"models: {_explain(error)}\n")
        return 2
    sys.stdout.write(f"{json.dumps(result, indent=2)}\n")
    return 0


def _explain(error: OSError) -> str:
    if error.filename is None:
        return f"found {error}, expected to read and write; check the disk and the output"
    return (
        f"{error.filename} cannot be used ({error.strerror}): give a file or folder that exists "
        "and that this user may read and write"
    )
