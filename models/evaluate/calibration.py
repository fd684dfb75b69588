"""Is what is said with a probability true that often? And where it is not: scale and zero.

Bring a network's angles to the labels' scale and zero, and its doubt to its true errors.

A network taught by another network inherits its timidity: angles come out a little too small.
Scale and zero are fitted on half of the labelled persons, so that the other half can say whether
it helped.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_agent.perception.face_detector import Face
from edge_agent.perception.head_pose import OnnxPoseEstimator
from models.datasets.picture import Floats
from models.datasets.ytf import PosedCrop

BINS = 10


def reliability(
    probabilities: NDArray[np.floating[Any]], came_true: NDArray[np.bool_]
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Return mean probability, share that came true, and count of each of ten bins in use."""
    place = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    counts = np.bincount(place, minlength=BINS)
    used = counts > 0
    said = np.bincount(place, probabilities, BINS)[used] / counts[used]
    true = np.bincount(place, came_true.astype(float), BINS)[used] / counts[used]
    return said.astype(np.float32), true.astype(np.float32), counts[used]


def expected_error(probabilities: NDArray[np.floating[Any]], came_true: NDArray[np.bool_]) -> float:
    """Return the expected calibration error: the bins' gaps, weighted by how many are in them."""
    said, true, counts = reliability(probabilities, came_true)
    return float((np.abs(said - true) * counts).sum() / max(1, counts.sum()))


def half(crops: Sequence[PosedCrop], *, second: bool) -> list[PosedCrop]:
    """Return the crops of every other person, in the order of their names."""
    people = sorted({crop.person for crop in crops})
    chosen = set(people[1::2] if second else people[::2])
    return [crop for crop in crops if crop.person in chosen]


def measure_poses(
    estimator: OnnxPoseEstimator, crops: Sequence[PosedCrop]
) -> tuple[Floats, Floats]:
    """Return measured (n, 3) yaw, pitch, sigma and true (n, 2) yaw, pitch, degrees."""
    nowhere = np.zeros((5, 2), np.float32)
    measured = []
    for crop in crops:
        (pose,) = estimator.poses(crop.image, [Face(crop.box, 1.0, nowhere)])
        measured.append([pose.yaw_deg, pose.pitch_deg, pose.sigma_deg])
    true = np.asarray([crop.angles[:2] for crop in crops], np.float32)
    return np.asarray(measured, np.float32), true


def fit_scale_and_zero(measured: Floats, true: Floats) -> dict[str, float]:
    """Return scales, zeros and the factor of sigma for a card's `calibration`.

    The scale is the ratio of spreads, the zero the median offset: neither is bent by the few
    heads the network misreads.
    """
    found: dict[str, float] = {}
    errors = []
    for axis, name in enumerate(("yaw", "pitch")):
        scale = float(_spread(true[:, axis]) / _spread(measured[:, axis]))
        zero = float(np.median(measured[:, axis] - true[:, axis] / scale))
        found |= {f"{name}_scale": round(scale, 3), f"{name}_zero": round(zero, 2)}
        errors.append(np.abs((measured[:, axis] - zero) * scale - true[:, axis]))
    # 68.3 % of the errors shall lie within one sigma
    ratio = np.concatenate([error / measured[:, 2] for error in errors])
    found["sigma_scale"] = round(float(np.quantile(ratio, 0.683)), 3)
    return found


def _spread(values: Floats) -> float:
    low, high = np.quantile(values, [0.1, 0.9])
    return float(high - low)
