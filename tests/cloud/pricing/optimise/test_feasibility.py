"""Minimums that one limit alone makes impossible are found without a linear program."""

import numpy as np
import pytest

from cloud.pricing.optimise.brief import Caps, Minimum
from cloud.pricing.optimise.feasibility import find_conflicts, remains_infeasible
from cloud.pricing.optimise.limits import list_limits
from cloud.pricing.optimise.linear_program import build_linear_program
from tests.cloud.pricing.optimise.random_briefs import YOUNG, brief
from tests.cloud.pricing.optimise.small_offer import small_offer


def conflicts(least, *, measure="impressions", budget=9_999, offer=None, **caps):
    asked = brief(budget, caps=Caps(**caps), minimums=(Minimum(YOUNG, measure, least),))
    found = find_conflicts(build_linear_program(asked, offer or small_offer()))
    return [one.limit and one.limit.kind for one in found]


@pytest.mark.parametrize("measure", ["impressions", "reach"])
def test_more_than_all_slots_together_have_conflicts_with_every_limit(measure):
    assert conflicts(9, measure=measure) == []
    assert conflicts(9.01, measure=measure) == [None, "budget"]


@pytest.mark.parametrize(
    ("most", "kind", "size"),
    [
        (3.5, "budget", 150),  # A/2 whole and half of A/1
        (4.0, "budget", 200),
        (3.0, "max_spots", 1),
        (8.0, "max_spots_per_screen", 2),  # A/2, A/3 and B/1
        (8.0, "max_spots_per_screen_per_day", 1),
        (7.25, "max_spend_per_screen", 350),  # A: 3 for 1.00 and 2.5 for 2.50; B: 7/8 of 2
    ],
)
def test_the_most_that_one_limit_allows_is_a_fractional_knapsack(most, kind, size):
    name = "max_spend_per_screen_minor" if kind == "max_spend_per_screen" else kind
    assert conflicts(most, **{name: size}) == []
    assert conflicts(most + 1e-6, **{name: size}) == [kind]


def test_two_positions_of_a_slot_bring_twice_its_contacts():
    assert conflicts(6, max_spots=2) == []
    assert conflicts(6, max_spots=2, max_positions_per_slot=2) == []
    assert conflicts(12, max_positions_per_slot=2) == []
    assert conflicts(12.1, max_positions_per_slot=2)[0] is None


def test_a_sold_out_slot_brings_nothing():
    sold_out = small_offer(free=np.array([1, 0, 1, 1]))
    assert conflicts(6, offer=sold_out) == []
    assert conflicts(6.1, offer=sold_out)[0] is None


def test_a_conflict_remains_until_one_of_the_pair_is_relaxed():
    asked = brief(150, minimums=(Minimum(YOUNG, "impressions", 4),))
    clash = find_conflicts(build_linear_program(asked, small_offer()))
    budget, minimum = list_limits(asked)
    assert remains_infeasible(clash, ())
    assert not remains_infeasible(clash, (budget,))
    assert not remains_infeasible(clash, (minimum,))
    assert not remains_infeasible((), ())


def test_money_does_not_help_where_all_slots_are_not_enough():
    asked = brief(150, minimums=(Minimum(YOUNG, "impressions", 99),))
    clash = find_conflicts(build_linear_program(asked, small_offer()))
    budget, minimum = list_limits(asked)
    assert remains_infeasible(clash, (budget,))
    assert not remains_infeasible(clash, (minimum,))
