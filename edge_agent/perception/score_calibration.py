"""From a network's own score to how often such a score is right (Platt 1999).

A detector that is taught to score the overlap with the true box says 0.75 where it is right
nearly always. Two numbers on its card, fitted on labelled pictures, stretch and shift the score's
log-odds. The order of any two scores stays, so that nothing is found or lost by it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_agent.perception.model_errors import CardError
from wire.model_card import ModelCard

SLOPE, ZERO = "score_slope", "score_zero"
# beyond these shares a score's log-odds say nothing more
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
    """`slope` stretches a score's log-odds, `zero` is then added."""

    slope: float
    zero: float

    def probability(self, scores: NDArray[np.floating[Any]] | float) -> Doubles:
        """Return how often places scored so are right."""
        return from_log_odds(self.slope * log_odds(scores) + self.zero)

    def score(self, probabilities: NDArray[np.floating[Any]] | float) -> Doubles:
        """Return the network's own score that stands for a probability."""
        return from_log_odds((log_odds(probabilities) - self.zero) / self.slope)


def read_calibration(card: ModelCard) -> ScoreCalibration | None:
    """Return the calibration of a card's scores, None where there is none; raises CardError."""
    told = {name: card.calibration[name] for name in (SLOPE, ZERO) if name in card.calibration}
    if not told:
        return None
    if len(told) < 2 or told[SLOPE] <= 0:
        raise CardError(
            f"found {card.name} with the calibration {told}, wanted {SLOPE} above 0 and {ZERO}; "
            "fit it again: python -m models calibrate detection"
        )
    return ScoreCalibration(told[SLOPE], told[ZERO])
