"""The test of creatives finds no difference where there is none, however often one looks."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from cloud.campaigns.creative_tests.sequential_test import (
    MIN_CLUSTERS,
    ArmDecision,
    ArmSums,
    compare_arms,
)
from cloud.forecast.intervals.confidence_sequence import compute_radius

ALPHA = 0.05
CLUSTERS = 600
Floats = NDArray[np.float64]


def draw(seed: int, tests: int, lift: float = 0.0) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Screen-hours of tests: attention and people with a daily course, bursts, and bad hours.

    Attention per person differs by hour of day and by screen-hour, as people come in groups.
    """
    random = np.random.default_rng(seed)
    hours = np.arange(CLUSTERS)
    people = random.poisson(
        random.gamma(2.0, 1.0, (tests, CLUSTERS)) * (20 + 15 * np.sin(hours / 24 * 2 * math.pi))
    )
    is_b = random.random((tests, CLUSTERS)) < 0.5
    level = (0.8 + 0.2 * np.cos(hours / 24 * 2 * math.pi)) * random.gamma(
        4.0, 0.25, (tests, CLUSTERS)
    )
    attention = random.gamma(np.maximum(people, 0.01) * 0.5, 2.0) * level
    return attention * np.where(is_b, 1 + lift, 1.0), people.astype(float), is_b


def find_rejections(y: Floats, n: Floats, is_b: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which tests find a difference at some look; the formulae on running sums of all tests."""
    variance, ratios, counts = 0.0, [], []
    for arm in (~is_b, is_b):
        parts = (np.ones_like(y), y, n, y * y, y * n, n * n)
        m, sy, sn, syy, syn, snn = (np.cumsum(one * arm, axis=1) for one in parts)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = sy / sn
            residual = np.maximum(0, syy - 2 * ratio * syn + ratio**2 * snn)
            variance = variance + residual / (m - 1) * m / sn**2
        ratios.append(ratio)
        counts.append(m)
    t = np.arange(1, y.shape[1] + 1)
    radius = np.array([compute_radius(int(one), ALPHA, CLUSTERS) for one in t])
    with np.errstate(invalid="ignore"):
        beyond = np.abs(ratios[1] - ratios[0]) > np.sqrt(t * variance) * radius
    enough = np.minimum(*counts) >= MIN_CLUSTERS
    return (beyond & enough).any(axis=1)


def test_looking_after_every_hour_finds_a_false_difference_in_at_most_one_test_in_twenty() -> None:
    y, n, is_b = draw(1, 800)
    assert find_rejections(y, n, is_b).mean() <= ALPHA
    naive = _reject_naively(y, n, is_b)
    assert naive.mean() > 3 * ALPHA  # what the same looks find with the usual interval


def _reject_naively(y: Floats, n: Floats, is_b: NDArray[np.bool_]) -> NDArray[np.bool_]:
    found = np.zeros(len(y), dtype=bool)
    for until in range(80, CLUSTERS + 1, 40):
        difference, variance = 0.0, 0.0
        for sign, arm in ((-1, ~is_b[:, :until]), (1, is_b[:, :until])):
            m = arm.sum(axis=1)
            sy, sn = (y[:, :until] * arm).sum(axis=1), (n[:, :until] * arm).sum(axis=1)
            residual = ((y[:, :until] - (sy / sn)[:, None] * n[:, :until]) * arm) ** 2
            difference = difference + sign * sy / sn
            variance = variance + residual.sum(axis=1) / (m - 1) * m / sn**2
        found |= np.abs(difference) > 1.96 * np.sqrt(variance)
    return found


@pytest.mark.parametrize(("lift", "power"), [(0.2, 0.45), (0.3, 0.85)])
def test_a_difference_is_found_with_the_stated_power(lift: float, power: float) -> None:
    assert find_rejections(*draw(2, 400, lift)).mean() >= power


def test_the_module_computes_what_the_simulation_computes() -> None:
    y, n, is_b = (one[:1] for one in draw(3, 1, 0.4))
    sums = [ArmSums(), ArmSums()]
    decided = ArmDecision.TOO_EARLY
    for seconds, people, arm in zip(y[0], n[0], is_b[0], strict=True):
        sums[int(arm)] = sums[int(arm)].add(seconds, people)
        found = compare_arms(sums[0], sums[1], alpha=ALPHA, planned_clusters=CLUSTERS)
        if found.decision in (ArmDecision.BETTER, ArmDecision.WORSE):
            decided = found.decision
    assert (decided is ArmDecision.BETTER) == find_rejections(y, n, is_b)[0]
    assert found.low is not None
    assert found.high is not None
    assert found.difference == pytest.approx((found.low + found.high) / 2)


def test_nothing_is_decided_before_each_arm_has_enough_screen_hours() -> None:
    few, many = ArmSums(), ArmSums()
    for number in range(40):
        many = many.add(10.0 + number % 3, 5.0)
    for number in range(MIN_CLUSTERS - 1):
        few = few.add(100.0 + number % 3, 5.0)
    early = compare_arms(many, few, alpha=ALPHA, planned_clusters=100)
    assert (early.decision, early.low) == (ArmDecision.TOO_EARLY, None)
    assert compare_arms(ArmSums(), few, alpha=ALPHA, planned_clusters=9).difference is None
    enough = few.add(100.0, 5.0)
    assert (
        compare_arms(many, enough, alpha=ALPHA, planned_clusters=100).decision is ArmDecision.BETTER
    )
    assert (
        compare_arms(enough, many, alpha=ALPHA, planned_clusters=100).decision is ArmDecision.WORSE
    )
