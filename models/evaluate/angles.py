"""Scale, zero and uncertainty of a head-pose network, fitted to crops of every other person.

A small network underestimates large angles, and the zero of its pitch depends on its training
labels. As in the calibration of an instrument, the measured angle is regressed on the true angle
and the line is inverted, so that a true angle is measured without bias. The opposite regression
would shrink uncertain angles, and people who look aside would count as looking. The uncertainty is
scaled so that 68.3 % of the errors are within one standard deviation.
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
    """Angles that a network measured before calibration, and the true ones: yaw and pitch (n, 2),
    and the standard deviation of both (n,), degrees.
    """

    angles: Doubles
    sigmas: Doubles
    truth: Doubles


def every_other(crops: Sequence[PosedCrop]) -> list[PosedCrop]:
    """Return the crops of the first, third, fifth (and so on) person of a table."""
    people = list(dict.fromkeys(crop.person for crop in crops))
    chosen = set(people[::2])
    return [crop for crop in crops if crop.person in chosen]


def read_raw_poses(
    estimator: PoseEstimator, card: ModelCard, crops: Sequence[PosedCrop]
) -> RawPoses:
    """Run the network over crops and undo the calibration of its card."""
    applied = card.calibration
    poses = [measure_pose(estimator, crop.image, crop.box) for crop in crops]
    angles = [
        [
            pose.yaw_deg / applied.get("yaw_scale", 1.0) + applied.get("yaw_zero", 0.0),
            pose.pitch_deg / applied.get("pitch_scale", 1.0) + applied.get("pitch_zero", 0.0),
        ]
        for pose in poses
    ]
    sigmas = [pose.sigma_deg / applied.get("sigma_scale", 1.0) for pose in poses]
    truth = [crop.angles[:2] for crop in crops]
    return RawPoses(np.asarray(angles), np.asarray(sigmas), np.asarray(truth, np.float64))


def fit_angles(poses: RawPoses) -> dict[str, float]:
    """Return the five numbers of a card's calibration; raises `AnglesError`."""
    if len(poses.truth) < LEAST_CROPS:
        raise AnglesError(
            f"found {len(poses.truth)} crops of every other person to calibrate with, expected at "
            f"least {LEAST_CROPS}; label more"
        )
    found, errors = {}, []
    for axis, name in enumerate(("yaw", "pitch")):
        measured_deg, true_deg = poses.angles[:, axis], poses.truth[:, axis]
        slope, zero = (float(number) for number in np.polyfit(true_deg, measured_deg, 1))
        if not slope > 0:
            raise AnglesError(
                f"found {name} that contradicts the labels or has the opposite sign, expected the "
                "signs of docs/accuracy.md; check the table and the crops"
            )
        found[f"{name}_scale"], found[f"{name}_zero"] = 1 / slope, zero
        errors.append(np.abs((measured_deg - zero) / slope - true_deg) / poses.sigmas)
    found["sigma_scale"] = float(np.quantile(np.concatenate(errors), ONE_SIGMA))
    return {name: round(value, DIGITS) for name, value in found.items()}
