"""Scale, zero and doubt of a head-pose network, fitted to labelled crops of every other person.

A small network draws large angles in, and where its pitch is zero hangs on whoever taught it. The
line is that of an instrument's calibration: what is said is regressed on what is true and the line
turned around, so that a given true angle is right on average. Regressed the other way the
angles would shrink, the more the less is known, and who looks aside would be called a looker. The
doubt is stretched until one error in three lies beyond it, as with a normal law.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_agent.perception.head_pose import PoseEstimator
from models.datasets.ytf import PosedCrop
from models.evaluate.attention import measure_pose
from models.evaluate.errors import EvaluationError
from wire.model_card import ModelCard

ONE_SIGMA = 0.6827
LEAST_CROPS = 50
DIGITS = 4

Doubles = NDArray[np.float64]


class AnglesError(EvaluationError):
    """Crops that no calibration can be fitted to."""


@dataclass(frozen=True, slots=True, eq=False)
class RawPoses:
    """What a network said of some crops before any calibration, and the truth: yaw and pitch
    (n, 2), the doubt of both (n,), degrees.
    """

    angles: Doubles
    sigmas: Doubles
    truth: Doubles


def every_other(crops: Sequence[PosedCrop]) -> list[PosedCrop]:
    """Return the crops of the first, third, fifth... person of a table."""
    people = list(dict.fromkeys(crop.person for crop in crops))
    chosen = set(people[::2])
    return [crop for crop in crops if crop.person in chosen]


def read_raw_poses(
    estimator: PoseEstimator, card: ModelCard, crops: Sequence[PosedCrop]
) -> RawPoses:
    """Run the network over crops, and take its card's calibration off again."""
    known = card.calibration
    poses = [measure_pose(estimator, crop.image, crop.box) for crop in crops]
    angles = [
        [
            pose.yaw_deg / known.get("yaw_scale", 1.0) + known.get("yaw_zero", 0.0),
            pose.pitch_deg / known.get("pitch_scale", 1.0) + known.get("pitch_zero", 0.0),
        ]
        for pose in poses
    ]
    sigmas = [pose.sigma_deg / known.get("sigma_scale", 1.0) for pose in poses]
    truth = [crop.angles[:2] for crop in crops]
    return RawPoses(np.asarray(angles), np.asarray(sigmas), np.asarray(truth, np.float64))


def fit_angles(what: RawPoses) -> dict[str, float]:
    """Return the five numbers for a card's calibration."""
    if len(what.truth) < LEAST_CROPS:
        raise AnglesError(
            f"found {len(what.truth)} crops of every other person to calibrate with, expected at "
            f"least {LEAST_CROPS}; label more"
        )
    found, errors = {}, []
    for axis, name in enumerate(("yaw", "pitch")):
        said_deg, true_deg = what.angles[:, axis], what.truth[:, axis]
        slope, zero = (float(number) for number in np.polyfit(true_deg, said_deg, 1))
        if not slope > 0:
            raise AnglesError(
                f"found {name} that contradicts the labels or has the opposite sign, expected the "
                "signs of docs/accuracy.md; check the table and the crops"
            )
        found[f"{name}_scale"], found[f"{name}_zero"] = 1 / slope, zero
        errors.append(np.abs((said_deg - zero) / slope - true_deg) / what.sigmas)
    found["sigma_scale"] = float(np.quantile(np.concatenate(errors), ONE_SIGMA))
    return {name: round(value, DIGITS) for name, value in found.items()}
