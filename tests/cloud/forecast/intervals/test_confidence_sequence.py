"""The radius is that of the theorem, narrowest in standard errors at the planned number."""

import math

import numpy as np
import pytest

from cloud.forecast.intervals.confidence_sequence import compute_radius


def test_the_radius_is_that_of_the_formula() -> None:
    rho = (-2 * math.log(0.05) + math.log(-2 * math.log(0.05)) + 1) / 100
    wanted = math.sqrt(2 * (50 * rho + 1) / (2500 * rho) * math.log(math.sqrt(50 * rho + 1) / 0.05))
    assert compute_radius(50, 0.05, 100) == pytest.approx(wanted)


def test_it_is_narrowest_in_standard_errors_near_the_planned_number() -> None:
    counts = np.arange(1, 2_000)
    errors = [compute_radius(int(one), 0.05, 300) * math.sqrt(one) for one in counts]
    assert 200 < counts[int(np.argmin(errors))] < 400
    assert min(errors) > 1.96  # wider than the interval of one look


def test_it_holds_for_normal_values_at_all_times() -> None:
    values = np.random.default_rng(1).normal(size=(1_000, 400)).cumsum(axis=1)
    counts = np.arange(1, 401)
    radius = np.array([compute_radius(int(one), 0.05, 200) for one in counts])
    assert (np.abs(values / counts) > radius).any(axis=1).mean() <= 0.05
