"""Compares predicted probabilities with observed frequencies, in ten bins of equal width."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.datasets.picture import Floats

BINS = 10


def reliability(
    probabilities: NDArray[np.floating[Any]], outcomes: NDArray[np.bool_]
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Return mean probability, observed frequency and count of each bin that is not empty."""
    place = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    counts = np.bincount(place, minlength=BINS)
    used = counts > 0
    predicted = np.bincount(place, probabilities, BINS)[used] / counts[used]
    observed = np.bincount(place, outcomes.astype(float), BINS)[used] / counts[used]
    return predicted.astype(np.float32), observed.astype(np.float32), counts[used]


def expected_error(probabilities: NDArray[np.floating[Any]], outcomes: NDArray[np.bool_]) -> float:
    """Return the expected calibration error: the mean gap of the bins, weighted by their counts."""
    predicted, observed, counts = reliability(probabilities, outcomes)
    return float((np.abs(predicted - observed) * counts).sum() / max(1, counts.sum()))
