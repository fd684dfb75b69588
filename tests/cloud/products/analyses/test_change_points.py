"""Lasting changes are found on their day, and only those."""

import numpy as np
import pytest

from cloud.products.analyses.change_points import find_change_points


def series(seed: int, *, factor: float, at: int, days: int = 500, per_day: int = 4):
    random = np.random.default_rng(seed)
    when = np.repeat(np.arange(days), per_day)
    values = random.gamma(9, 20 / 9, len(when)) * np.where(when >= at, factor, 1.0)
    return when, values


@pytest.mark.parametrize("factor", [3.0, 0.5])
@pytest.mark.parametrize("seed", range(5))
def test_a_change_is_found_within_three_days_with_its_factor(seed, factor):
    [found] = find_change_points(*series(seed, factor=factor, at=230), 1.5)
    assert abs(found.day - 230) <= 3
    assert found.factor == pytest.approx(factor, rel=0.1)
    assert (found.first_day, found.end_day) == (0, 500)


def test_no_change_is_found_where_there_is_none():
    found = [change for seed in range(40)
             for change in find_change_points(*series(seed, factor=1.0, at=0), 1.1)]  # fmt: skip
    assert found == []


def test_a_short_series_and_a_short_burst_are_no_change():
    when, values = series(1, factor=1.0, at=0)
    assert list(find_change_points(when[:200], values[:200], 1.1)) == []
    burst = np.where((when >= 200) & (when < 214), values * 3, values)
    assert list(find_change_points(when, burst, 1.5)) == []


def test_two_changes_are_distinguished():
    when, values = series(2, factor=3.0, at=150)
    values = np.where(when >= 350, values / 3, values)
    first, second = find_change_points(when, values, 1.5)
    assert (abs(first.day - 150) <= 3, abs(second.day - 350) <= 3) == (True, True)
    assert first.end_day == second.day
