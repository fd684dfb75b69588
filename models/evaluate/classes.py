"""Accuracy and calibration of a class network, over all faces and by group and class.

A network is measured as it is deployed, with the temperature of its card. A temperature fitted on
every other face (Guo et al. 2017) is reported with its error. All figures are of the remaining
faces. The expected calibration error has ten bins.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_agent.perception.demographics import choose_class
from edge_agent.perception.inference import Floats, ModelSession
from models.datasets.labelled_faces import LabelledFaces
from models.evaluate.calibration import expected_error
from models.evaluate.intervals import bootstrap

BATCH = 128


def logits(session: ModelSession, faces: LabelledFaces) -> Floats:
    """Run every face; (n, sum of class counts)."""
    rows = []
    name = session.card.inputs[0].name
    for start in range(0, len(faces.images), BATCH):
        part = faces.images[start : start + BATCH].transpose(0, 3, 1, 2)
        rows.append(session.run({name: np.ascontiguousarray(part, np.float32)})[0])
    return np.concatenate(rows)


def softmax(rows: Floats, temperature: float = 1.0) -> Floats:
    scaled = rows / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def fit_temperature(rows: Floats, truth: NDArray[np.int64]) -> float:
    """Return the temperature of a fine grid that maximises the likelihood of the true classes."""
    grid = np.exp(np.linspace(np.log(0.3), np.log(3.0), 60))
    index = np.arange(len(truth))
    losses = [-np.log(softmax(rows, t)[index, truth] + 1e-9).mean() for t in grid]
    return float(grid[int(np.argmin(losses))])


def calibration_error(shares: Floats, truth: NDArray[np.int64]) -> float:
    """Return the expected calibration error of the highest probability of each row."""
    return expected_error(shares.max(axis=1), shares.argmax(axis=1) == truth)


def figures(rows: Floats, faces: LabelledFaces, label: int, temperature: float) -> dict[str, Any]:
    """Measure one label's `rows` of the odd faces at `temperature`, that of the card.

    The figures include the error of a temperature fitted on the even faces.
    """
    truth = faces.targets[:, label]
    fitted, rest = fit_temperature(rows[::2], truth[::2]), truth[1::2]
    guess = rows[1::2].argmax(axis=1)
    report: dict[str, Any] = {
        "exact": _share(guess == rest),
        "temperature": round(temperature, 3),
        "calibration_error": round(calibration_error(softmax(rows[1::2], temperature), rest), 4),
        "refitted": {
            "temperature": round(fitted, 3),
            "calibration_error": round(calibration_error(softmax(rows[1::2], fitted), rest), 4),
        },
    }
    groups = np.asarray(faces.groups[1::2])
    if len(set(faces.groups)) > 1:
        report["by_group"] = {
            str(name): _share((guess == rest)[groups == name]) for name in np.unique(groups)
        }
    report["by_class"] = {
        int(kind): _share((guess == rest)[rest == kind]) for kind in np.unique(rest)
    }
    return report


def within_one(rows: Floats, faces: LabelledFaces, label: int) -> dict[str, float]:
    """Return the share of odd faces whose class, chosen as the agent does, is off by at most one.

    `rows` are divided by the temperature already.
    """
    truth = faces.targets[:, label]
    shares = softmax(rows[1::2])
    guess = np.asarray([choose_class("age_group", one, 0.0) for one in shares])
    return _share(np.abs(guess - truth[1::2]) <= 1)


def _share(right: NDArray[np.bool_] | Sequence[bool]) -> dict[str, float]:
    cases = [bool(one) for one in right]
    return bootstrap(cases, lambda units: sum(units) / len(units)).as_dict()
