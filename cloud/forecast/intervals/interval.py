"""Three quantiles of one quantity: P10, P50, P90. They never cross and are never negative."""

import math
from dataclasses import dataclass


class IntervalError(ValueError):
    """Invalid quantiles."""


@dataclass(frozen=True, slots=True)
class Interval:
    """The true value lies between `p10` and `p90` in 80 % of cases, if the model is right."""

    p10: float
    p50: float
    p90: float

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.p10, self.p50, self.p90))):
            raise IntervalError(f"{self} has a value that is not a number")
        if not 0 <= self.p10 <= self.p50 <= self.p90:
            raise IntervalError(
                f"{self} is not in ascending order from 0: expected 0 <= P10 <= P50 <= P90"
            )

    def widened(self, times: float) -> "Interval":
        """The same middle, with both sides `times` as far away."""
        return Interval(
            p10=max(0.0, self.p50 - (self.p50 - self.p10) * times),
            p50=self.p50,
            p90=self.p50 + (self.p90 - self.p50) * times,
        )
