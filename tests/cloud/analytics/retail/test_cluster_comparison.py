"""Limits cover the true effect at every look, and find no harm where there is none."""

import numpy as np
import pytest
from numpy.typing import NDArray

from cloud.analytics.retail.cluster_comparison import (
    MIN_DAYS,
    ExperimentDecision,
    LookTime,
    adjust_difference,
    compare_clusters,
    critical_value,
)

ALPHA = 0.05
CLUSTERS, DAYS, PRE_DAYS, DRAWS = 12, 28, 28, 2_000
TREATED = np.arange(CLUSTERS) % 2 == 1
Floats = NDArray[np.float64]


def draw(seed: int, effect: float = 0.0) -> tuple[Floats, Floats]:
    """Means before, and running means by look: margins of days of clusters.

    Clusters differ, weekends sell more, days of one cluster resemble each other (AR 0.5), the
    response to a price differs by cluster, and some days are far out.
    """
    random = np.random.default_rng(seed)
    level = random.gamma(8.0, 12.5, (DRAWS, CLUSTERS, 1))
    days = np.arange(PRE_DAYS + DAYS)
    week = 1 + 0.3 * np.isin(days % 7, (5, 6))
    shocks = random.standard_t(5, (DRAWS, CLUSTERS, len(days))) * 12
    for day in range(1, len(days)):
        shocks[..., day] = 0.5 * shocks[..., day - 1] + 0.87 * shocks[..., day]
    response = effect + random.normal(0, 2.0, (DRAWS, CLUSTERS, 1)) * bool(effect)
    margin = level * week + shocks
    margin[..., PRE_DAYS:] += response * TREATED[:, None]
    during = np.cumsum(margin[..., PRE_DAYS:], axis=-1) / np.arange(1, DAYS + 1)
    return margin[..., :PRE_DAYS].mean(-1), during


def find_outside(seed: int, effect: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_], float]:
    """Which draws have the effect outside of the limits at any look, and of those of one look."""
    before, during = draw(seed, effect)
    outside = np.zeros(DRAWS, bool)
    for day in range(MIN_DAYS, DAYS + 1):
        found = adjust_difference(during[..., day - 1], before, TREATED)
        limit = critical_value(LookTime(day, DAYS), CLUSTERS, found.freedom, ALPHA)
        outside |= np.abs(found.difference - effect) > limit * found.error
    fixed = np.abs(found.difference - effect) > 2.262 * found.error  # t of 9 degrees, 97.5 %
    return outside, fixed, float(found.variance_share.mean())


def test_a_false_stop_is_rarer_than_alpha_when_one_looks_every_day() -> None:
    outside, fixed, left = find_outside(1, 0.0)
    assert outside.mean() <= ALPHA
    assert 0.035 <= fixed.mean() <= 0.065  # one look at the planned end has its nominal level
    assert left < 0.2  # the values before the experiment explain most of the variance


def test_the_limits_cover_an_effect_that_differs_by_cluster() -> None:
    outside, fixed, _ = find_outside(2, 15.0)
    assert outside.mean() <= ALPHA
    assert fixed.mean() <= 0.07


def one(effect: float, days: int = DAYS, seed: int = 3) -> tuple[Floats, Floats, LookTime]:
    before, during = draw(seed, effect)
    return during[0, :, days - 1], before[0], LookTime(days, DAYS)


@pytest.mark.parametrize(
    ("effect", "days", "decision"),
    [
        (60.0, DAYS, ExperimentDecision.BETTER),
        (-60.0, DAYS, ExperimentDecision.HARMFUL),
        (0.0, DAYS, ExperimentDecision.UNDECIDED),
        (-60.0, MIN_DAYS - 1, ExperimentDecision.TOO_EARLY),
    ],
)
def test_a_decision_follows_from_the_limits(
    effect: float, days: int, decision: ExperimentDecision
) -> None:
    during, before, time = one(effect, days)
    found = compare_clusters(during, before, TREATED, time, alpha=ALPHA)
    assert found.decision is decision
    assert (found.low is None) == (decision is ExperimentDecision.TOO_EARLY)


def test_a_loss_within_the_limit_is_not_harmful() -> None:
    during, before, time = one(-60.0)
    found = compare_clusters(during, before, TREATED, time, alpha=ALPHA, harm_limit=0.9)
    assert found.decision is ExperimentDecision.UNDECIDED


def test_too_few_clusters_decide_nothing() -> None:
    during, before, time = one(60.0)
    some = slice(0, 10)
    found = compare_clusters(during[some], before[some], TREATED[some], time, alpha=ALPHA)
    assert found.decision is ExperimentDecision.TOO_EARLY


def test_without_values_before_nothing_is_adjusted() -> None:
    during, before, _ = one(0.0)
    before = np.where(np.arange(CLUSTERS) == 0, np.nan, before)
    found = adjust_difference(during, before, TREATED)
    plain = during[TREATED].mean() - during[~TREATED].mean()
    assert float(found.difference) == pytest.approx(plain)
    assert (float(found.theta), float(found.variance_share), found.freedom) == (0.0, 1.0, 10)
