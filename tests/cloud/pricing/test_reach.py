"""Reach, frequency and rating points: known distributions, the borders, invalid input."""

import math

import pytest

from cloud.pricing import reach
from cloud.pricing.reach import ReachError


def test_reach_grows_ever_more_slowly_and_never_beyond_everybody():
    reached = [reach.reach(contacts, 1000) for contacts in (0, 500, 1000, 5000, 100_000)]
    assert reached[0] == 0
    assert reached[2] == pytest.approx(1000 * (1 - math.exp(-1)))
    assert reached == sorted(reached)
    assert reached[-1] <= 1000


def test_clumped_contacts_reach_fewer():
    assert reach.reach(1000, 1000, clumping=0.5) == pytest.approx(1000 * (1 - 3**-0.5))
    assert reach.reach(1000, 1000, clumping=1e9) == pytest.approx(reach.reach(1000, 1000))


def test_contacts_add_up_over_how_often():
    total = sum(reach.reach_at_least(times, 2500, 1000, clumping=0.8) for times in range(1, 400))
    assert total == pytest.approx(2500, rel=1e-6)
    assert reach.frequency(2500, 1000) == pytest.approx(2500 / reach.reach(2500, 1000))
    assert reach.rating_points(2500, 1000) == 250


def test_screens_together_reach_more_than_each_and_less_than_the_sum():
    assert reach.combine_independent_reach([0.5, 0.5]) == 0.75
    assert reach.combine_independent_reach([]) == 0
    with pytest.raises(ReachError, match="expected 0 to 1"):
        reach.combine_independent_reach([1.5])


@pytest.mark.parametrize(
    ("impressions", "people", "clumping"), [(-1, 10, 1), (1, math.nan, 1), (1, 10, 0), (1, -1, 1)]
)
def test_impossible_reach_is_refused(impressions, people, clumping):
    with pytest.raises(ReachError, match="expected finite"):
        reach.reach(impressions, people, clumping)


@pytest.mark.parametrize("clumping", [1e9, 1e15, 1e200])
def test_hardly_clumped_contacts_fall_as_evenly_spread_ones(clumping):
    for times in (1, 2, 5):
        even = reach.reach_at_least(times, 1500, 1000)
        assert reach.reach_at_least(times, 1500, 1000, clumping) == pytest.approx(even, rel=1e-6)


def test_effective_reach_is_that_of_poisson():
    # one contact each on average: P(0) = P(1) = 1 / e
    assert reach.reach_at_least(2, 1000, 1000) == pytest.approx(1000 * (1 - 2 / math.e))
    assert reach.reach_at_least(0, 1000, 1000) == 1000


def test_without_people_or_impressions_nobody_is_reached():
    assert reach.reach(0, 1000) == reach.reach(1000, 0) == 0
    assert reach.reach_at_least(1, 0, 1000) == 0
    assert reach.frequency(0, 1000) == reach.frequency(1000, 0) == 0
    assert reach.rating_points(0, 1000) == reach.rating_points(1000, 0) == 0


def test_rating_points_refuse_what_reach_refuses():
    with pytest.raises(ReachError, match="inf impressions on 10 people"):
        reach.rating_points(math.inf, 10)
