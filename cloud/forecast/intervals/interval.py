"""Three quantiles of one quantity: P10, P50, P90. They never cross and are never negative."""

import math
from dataclasses import dataclass


class IntervalError(ValueError):
    """Quantiles that cannot be believed."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Four times in five the truth lies between `p10` and `p90`, if the model is right."""

    p10: float
    p50: float
    p90: float

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.p10, self.p50, self.p90))):
            raise IntervalError(f"{self} holds a value that is no number")
        if not 0 <= self.p10 <= self.p50 <= self.p90:
            raise IntervalError(f"{self} crosses itself or goes below zero")

    def widened(self, times: float) -> "Interval":
        """The same middle, with both sides `times` as far away."""
        return Interval(
            p10=max(0.0, self.p50 - (self.p50 - self.p10) * times),
            p50=self.p50,
            p90=self.p50 + (self.p90 - self.p50) * times,
        )
