"""Compare two arms of clusters of stores; the limits hold however often one looks.

The value of a cluster is its mean during the experiment, less `theta` times its mean before (CUPED:
Deng, Xu, Kohavi, Walker, "Improving the sensitivity of online controlled experiments by utilizing
pre-experiment data", WSDM 2013). With `theta` from within the arms this is the analysis of
covariance, whose error is exact for normal values of few clusters:

    error^2 = s^2 * (1 / n_1 + 1 / n_2 + (x_2 - x_1)^2 / Sxx),   s^2 with n - 3 degrees of freedom

Clusters, not shoppers or days, are what was randomised, so only their number counts. The fixed
limits are those of one look at the planned end (Student's t). The limits of every look come from
the confidence sequence of `cloud.forecast.intervals.confidence_sequence` over cluster-days, its
normal quantile replaced by that of Student's t of the same probability. The tests draw experiments
without an effect, look every day, and count how often one is found.

Arrays have clusters as the last axis, so many experiments are compared at once.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtrit

from cloud.forecast.intervals.confidence_sequence import compute_radius
from cloud.sales.retail.experiment_steps import MIN_CLUSTERS

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
MIN_DAYS: Final = 7
"""Before anything is decided: every day of the week."""
TWO_SIDED: Final = 0.975


class ExperimentDecision(StrEnum):
    """What is known of the treated price."""

    TOO_EARLY = "too_early"
    UNDECIDED = "undecided"
    BETTER = "better"
    HARMFUL = "harmful"


@dataclass(frozen=True, slots=True)
class AdjustedDifference:
    """Treated less control, with its error; `theta` is 0 without values before the experiment.

    `variance_share` is what the adjustment leaves of the variance within the arms.
    """

    difference: Floats
    error: Floats
    theta: Floats
    variance_share: Floats
    freedom: int


@dataclass(frozen=True, slots=True)
class ClusterComparison:
    """Two arms at one look. Limits are None before there are enough clusters and days.

    `low` and `high` hold at all looks at once, `fixed_low` and `fixed_high` at the planned end.
    """

    control_mean: float
    treated_mean: float
    difference: float
    decision: ExperimentDecision
    low: float | None = None
    high: float | None = None
    fixed_low: float | None = None
    fixed_high: float | None = None
    variance_share: float | None = None

    @property
    def change(self) -> float | None:
        """The difference as a share of the control; None where the control has no margin."""
        return self.difference / self.control_mean if self.control_mean > 0 else None


@dataclass(frozen=True, slots=True)
class LookTime:
    """How much of an experiment has been observed at a look, in whole days."""

    days: int
    planned_days: int


def compare_clusters(
    during: Floats,
    before: Floats,
    is_treated: Flags,
    time: LookTime,
    *,
    alpha: float,
    harm_limit: float = 0.0,
) -> ClusterComparison:
    """One experiment; `harm_limit` is the share of the control's mean that may be lost.

    `before` has NaN for a cluster that was not observed then: nothing is adjusted in that case.
    """
    means = float(during[~is_treated].mean()), float(during[is_treated].mean())
    found = adjust_difference(during, before, is_treated)
    difference = float(found.difference)
    fewest = min(int(is_treated.sum()), int((~is_treated).sum()))
    if fewest < MIN_CLUSTERS or time.days < MIN_DAYS:
        return ClusterComparison(*means, difference, ExperimentDecision.TOO_EARLY)
    error = float(found.error)
    radius = error * critical_value(time, len(during), found.freedom, alpha)
    fixed = error * float(stdtrit(found.freedom, TWO_SIDED))
    low, high = difference - radius, difference + radius
    decision = ExperimentDecision.UNDECIDED
    if low > 0:
        decision = ExperimentDecision.BETTER
    elif high < -harm_limit * abs(means[0]):
        decision = ExperimentDecision.HARMFUL
    return ClusterComparison(
        *means, difference, decision, low, high, difference - fixed, difference + fixed,
        float(found.variance_share),
    )  # fmt: skip


def adjust_difference(during: Floats, before: Floats, is_treated: Flags) -> AdjustedDifference:
    """The difference of the arms, adjusted by the values before; at least two clusters in each."""
    if np.isnan(before).any():
        before = np.zeros_like(during)
    count, treated = during.shape[-1], int(is_treated.sum())
    y, x = _within(during, is_treated), _within(before, is_treated)
    sxx, syy, sxy = (x * x).sum(-1), (y * y).sum(-1), (x * y).sum(-1)
    is_adjusted = sxx > 0
    theta = np.where(is_adjusted, sxy / np.where(is_adjusted, sxx, 1.0), 0.0)
    gap = _gap(before, is_treated)
    freedom = count - 2 - int(bool(np.all(is_adjusted)))
    residual = np.maximum(syy - theta * sxy, 0.0)
    leverage = np.where(is_adjusted, gap * gap / np.where(is_adjusted, sxx, 1.0), 0.0)
    error = np.sqrt(residual / freedom * (1 / treated + 1 / (count - treated) + leverage))
    share = np.where(syy > 0, residual / np.where(syy > 0, syy, 1.0), 1.0)
    return AdjustedDifference(_gap(during, is_treated) - theta * gap, error, theta, share, freedom)


def critical_value(time: LookTime, clusters: int, freedom: int, alpha: float) -> float:
    """The number of standard errors that the limits of every look are apart from the estimate."""
    looks = clusters * time.days
    normal = compute_radius(looks, alpha, max(1, clusters * time.planned_days)) * looks**0.5
    return -float(stdtrit(freedom, ndtr(-normal)))


def _within(values: Floats, is_treated: Flags) -> Floats:
    """Values less the mean of their arm."""
    result = np.array(values, dtype=np.float64)
    for arm in (is_treated, ~is_treated):
        result[..., arm] -= result[..., arm].mean(-1, keepdims=True)
    return result


def _gap(values: Floats, is_treated: Flags) -> Floats:
    gap: Floats = values[..., is_treated].mean(-1) - values[..., ~is_treated].mean(-1)
    return gap
