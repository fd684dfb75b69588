"""Shrunk rates: the few observed move to the mean, and ranks that overlap are not distinguished."""

import pytest

from cloud.analytics.ratio import RatioEstimate
from cloud.analytics.shrinkage import ShrunkRates, estimate_between_variance, shrink_rates


def rates(*of: tuple[float, float, int]) -> dict[str, RatioEstimate]:
    return {
        f"L{number}": RatioEstimate(value, days, error)
        for number, (value, error, days) in enumerate(of)
    }


def shrunk(*of: tuple[float, float, int]) -> ShrunkRates:
    found = shrink_rates(rates(*of), limit=1.0)
    assert found is not None
    return found


def test_the_moment_estimate_is_that_of_a_published_example() -> None:
    """DerSimonian and Laird: Q - (k - 1) over the sum of weights less their squares by it."""
    values = [(0.1, 0.01), (0.3, 0.01), (0.5, 0.01)]
    assert estimate_between_variance(values) == pytest.approx(0.03)
    assert estimate_between_variance([(0.2, 0.04), (0.2, 0.09), (0.21, 0.04)]) == 0.0


def test_a_location_with_few_days_moves_further_to_the_mean_and_stays_wide() -> None:
    found = shrunk((0.10, 0.005, 28), (0.20, 0.005, 28), (0.30, 0.005, 28), (0.45, 0.10, 7))
    certain, uncertain = found.locations["L2"], found.locations["L3"]
    assert certain.value == pytest.approx(0.30, abs=0.002)
    assert 0.25 < uncertain.value < 0.45
    assert uncertain.weight_of_mean > 10 * certain.weight_of_mean
    assert uncertain.high - uncertain.low > 5 * (certain.high - certain.low)
    assert (certain.rank_best, certain.rank_worst) == (1, 2)
    assert (uncertain.rank_best, uncertain.rank_worst) in {(1, 3), (1, 4)}
    assert (found.locations["L0"].rank, found.locations["L0"].rank_worst) == (4, 4)


def test_locations_that_do_not_differ_share_one_rate_and_every_rank() -> None:
    found = shrunk((0.20, 0.02, 28), (0.21, 0.02, 28), (0.19, 0.02, 28))
    assert found.between == 0.0
    assert {round(one.value, 6) for one in found.locations.values()} == {0.2}
    assert all((one.rank_best, one.rank_worst) == (1, 3) for one in found.locations.values())


@pytest.mark.parametrize("others", [[], [(0.3, 0.01, 28)], [(0.3, 0.01, 28), (0.2, 0.01, 6)]])
def test_fewer_than_three_observed_weeks_have_no_rank(others: list) -> None:
    assert shrink_rates(rates((0.2, 0.01, 28), *others), limit=1.0) is None
