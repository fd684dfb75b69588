"""The 95 % interval of a figure, by bootstrap over independent units.

Units are pictures for boxes and persons for crops. Single frames of a clip are not independent.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from models.evaluate.errors import EvaluationError

Unit = TypeVar("Unit")
DRAWS = 300


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, its 95 % interval and its number of units."""

    value: float
    low: float
    high: float
    n: int

    def as_dict(self) -> dict[str, float]:
        return {
            "value": round(self.value, 4),
            "low": round(self.low, 4),
            "high": round(self.high, 4),
            "n": self.n,
        }


def bootstrap(
    units: Sequence[Unit],
    figure: Callable[[Sequence[Unit]], float],
    *,
    draws: int = DRAWS,
    seed: int = 1,
) -> Estimate:
    """Return `figure(units)` with its 2.5 and 97.5 % percentiles over resampled units."""
    if not units:
        raise EvaluationError(
            "found no cases to measure, expected at least one; check the label file"
        )
    rng = np.random.default_rng(seed)
    picks = rng.integers(len(units), size=(draws, len(units)))
    values = [figure([units[index] for index in pick]) for pick in picks]
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return Estimate(figure(units), float(low), float(high), len(units))
