"""Compare two creatives by attention per exposed person; the test allows any number of looks.

The estimate of an arm is the ratio R = sum(y) / sum(n) over its screen-hours: y are attention
seconds and n exposed people of a screen-hour. Screen-hours are the clusters that were randomised;
people within one are not independent. By the linearised ratio, the variance of the difference of
two ratios, times the number t of screen-hours, is

    sigma^2 = t * (v_1 / (m_1 * N_1^2) + v_2 / (m_2 * N_2^2))

with m screen-hours, mean n `N` and residual variance v = sum((y - R n)^2) / (m - 1) of each arm.

The interval is the confidence sequence of `cloud.forecast.intervals.confidence_sequence`, narrowest
at the planned number of screen-hours. It is asymptotic, so nothing is decided
before each arm has `MIN_CLUSTERS` screen-hours. The tests of this module draw comparisons without a
difference, look after every screen-hour, and count how often one is found.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cloud.forecast.intervals.confidence_sequence import compute_radius
from cloud.forecast.intervals.interval import Interval

MIN_CLUSTERS: Final = 30
"""Screen-hours of each arm before anything is decided: the residual variance is known to 13 %."""


class ArmDecision(StrEnum):
    """What is known of a creative compared with the first one."""

    TOO_EARLY = "too_early"
    UNDECIDED = "undecided"
    BETTER = "better"
    WORSE = "worse"


@dataclass(frozen=True, slots=True)
class ArmSums:
    """Sums over the screen-hours of one arm: of y, n, and their products."""

    clusters: int = 0
    y: float = 0.0
    n: float = 0.0
    yy: float = 0.0
    yn: float = 0.0
    nn: float = 0.0

    def add(self, y: float, n: float) -> "ArmSums":
        """With one more screen-hour."""
        return ArmSums(
            self.clusters + 1, self.y + y, self.n + n,
            self.yy + y * y, self.yn + y * n, self.nn + n * n,
        )  # fmt: skip

    @property
    def ratio(self) -> float | None:
        """Attention seconds per exposed person; None where nobody was exposed."""
        return self.y / self.n if self.n else None

    @property
    def variance(self) -> float:
        """The variance of the ratio."""
        if self.clusters < 2 or not self.n:
            return math.inf
        ratio = self.y / self.n
        residual = max(0.0, self.yy - 2 * ratio * self.yn + ratio * ratio * self.nn)
        return residual / (self.clusters - 1) * self.clusters / self.n**2


@dataclass(frozen=True, slots=True)
class ArmComparison:
    """A creative compared with the first one; the limits hold at all times at once."""

    difference: float | None
    low: float | None
    high: float | None
    decision: ArmDecision


def compare_arms(
    control: ArmSums, other: ArmSums, *, alpha: float, planned_clusters: int
) -> ArmComparison:
    """The difference in attention seconds per exposed person, other less control."""
    if control.ratio is None or other.ratio is None:
        return ArmComparison(None, None, None, ArmDecision.TOO_EARLY)
    difference = other.ratio - control.ratio
    if min(control.clusters, other.clusters) < MIN_CLUSTERS:
        return ArmComparison(difference, None, None, ArmDecision.TOO_EARLY)
    clusters = control.clusters + other.clusters
    sigma = math.sqrt(clusters * (control.variance + other.variance))
    radius = sigma * compute_radius(clusters, alpha, planned_clusters)
    low, high = difference - radius, difference + radius
    decision = ArmDecision.UNDECIDED
    if low > 0:
        decision = ArmDecision.BETTER
    elif high < 0:
        decision = ArmDecision.WORSE
    return ArmComparison(difference, low, high, decision)


def estimate_ratio(sums: ArmSums) -> Interval | None:
    """P10, P50 and P90 of one arm's ratio, for one look; None with fewer than two screen-hours."""
    if sums.ratio is None or sums.clusters < 2:
        return None
    half = 1.2816 * math.sqrt(sums.variance)
    return Interval(max(0.0, sums.ratio - half), sums.ratio, sums.ratio + half)
