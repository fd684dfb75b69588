"""Calibrates the score of a detector to the probability that a detection is right (Platt 1999).

A detector that was trained to score the overlap with the true box gives 0.75 where it is right
nearly always. Two numbers on its card, fitted on labelled pictures, scale and shift the log-odds
of the score. The order of any two scores stays the same, so no face is gained or lost.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_agent.perception.model_errors import CardError
from wire.model_card import ModelCard

SLOPE, ZERO = "score_slope", "score_zero"
# scores beyond these are clipped before their log-odds are computed
LEAST, MOST = 1e-9, 1 - 1e-9

Doubles = NDArray[np.float64]


def log_odds(ratio: NDArray[np.floating[Any]] | float) -> Doubles:
    """Return the log-odds of ratios of 0 to 1."""
    inner = np.clip(np.asarray(ratio, np.float64), LEAST, MOST)
    return np.asarray(np.log(inner / (1 - inner)), np.float64)


def from_log_odds(odds: Doubles) -> Doubles:
    """Return the ratios whose log-odds these are."""
    return np.asarray(1 / (1 + np.exp(-odds)), np.float64)


@dataclass(frozen=True, slots=True)
class ScoreCalibration:
    """`slope` scales the log-odds of a score, then `zero` is added."""

    slope: float
    zero: float

    def probability(self, scores: NDArray[np.floating[Any]] | float) -> Doubles:
        """Return the probability that detections with these scores are right."""
        return from_log_odds(self.slope * log_odds(scores) + self.zero)

    def score(self, probabilities: NDArray[np.floating[Any]] | float) -> Doubles:
        """Return the score of the network that corresponds to a probability."""
        return from_log_odds((log_odds(probabilities) - self.zero) / self.slope)


def read_calibration(card: ModelCard) -> ScoreCalibration | None:
    """Return the calibration on a card, None where it has none; raises CardError."""
    values = {name: card.calibration[name] for name in (SLOPE, ZERO) if name in card.calibration}
    if not values:
        return None
    if len(values) < 2 or values[SLOPE] <= 0:
        raise CardError(
            f"found {card.name} with the calibration {values}, expected {SLOPE} above 0 and {ZERO}"
            "; fit it again: python -m models calibrate detection"
        )
    return ScoreCalibration(values[SLOPE], values[ZERO])
