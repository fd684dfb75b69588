"""From fractions to integers: what is cut off, filled up, and decided again."""

from dataclasses import replace

import numpy as np
import pytest

from cloud.pricing.optimise.audit import find_violations
from cloud.pricing.optimise.brief import Caps, Minimum
from cloud.pricing.optimise.linear_program import build_linear_program
from cloud.pricing.optimise.relaxation import solve_relaxation
from cloud.pricing.optimise.rounding import (
    fill_remaining,
    round_core,
    round_core_exactly,
    round_down,
)
from tests.cloud.pricing.optimise.random_briefs import YOUNG, brief, offer
from tests.cloud.pricing.optimise.small_offer import small_offer


def relaxed(budget, **asked):
    found = solve_relaxation(build_linear_program(brief(budget, **asked), small_offer()))
    assert found is not None
    return found


def filled(budget, *positions, **asked):
    program = build_linear_program(brief(budget, **asked), small_offer())
    return fill_remaining(program, np.array(positions)).tolist()


def test_fractions_are_cut_off_but_not_the_error_of_the_solver():
    some = replace(relaxed(450), positions=np.array([1.0, 0.9999999, 0.8, 0.0]))
    assert round_down(some).tolist() == [1, 1, 0, 0]


def test_the_best_for_the_money_is_filled_in_first():
    # contacts a pound: 10, 20, 10, 10
    assert filled(100, 0, 0, 0, 0) == [0, 1, 0, 0]
    assert filled(450, 0, 0, 0, 0) == [1, 1, 0, 0]
    assert filled(9_999, 0, 0, 0, 0) == [1, 1, 1, 1]


def test_filling_keeps_what_is_bought_and_every_cap():
    assert filled(9_999, 0, 0, 1, 0, caps=Caps(max_spots_per_screen=1)) == [0, 0, 1, 1]
    assert filled(9_999, 0, 0, 0, 0, caps=Caps(max_spots=2, max_positions_per_slot=2)) == [
        0, 2, 0, 0,
    ]  # fmt: skip


def test_filling_does_not_change_the_plan_that_it_is_given():
    before = np.array([0, 0, 0, 0])
    fill_remaining(relaxed(450).asked, before)
    assert before.tolist() == [0, 0, 0, 0]


def test_a_slot_without_value_is_not_filled_in():
    sold = small_offer()
    sold.target.contacts[0] = 0
    program = build_linear_program(brief(9_999), sold)
    assert fill_remaining(program, np.zeros(4, dtype=np.int64)).tolist() == [0, 1, 1, 1]


@pytest.mark.parametrize("budget", [100, 250, 450, 550, 900])
def test_the_core_is_decided_as_well_as_by_trying_every_plan(budget):
    found = round_core(relaxed(budget), core=4)
    assert found is not None
    sold = small_offer()
    plans = np.array(np.meshgrid(*[[0, 1]] * 4)).reshape(4, -1).T
    possible = plans[plans @ sold.price_minor <= budget]
    assert sold.price_minor @ found <= budget
    assert sold.target.contacts @ found == (possible @ sold.target.contacts).max()


def test_a_minimum_that_integers_cannot_meet_has_no_plan():
    # fractions bring 4 of the group for 2.00: A/2 and A/1; integers for 1.50 bring 3
    asked = relaxed(150, minimums=(Minimum(YOUNG, "impressions", 3.4),))
    assert round_core(asked, core=4) is None


def test_a_reach_that_is_met_on_the_curve_but_on_no_chord_is_found_exactly():
    sold = offer(np.random.default_rng(1423), locations=2, hours=3, free=1)
    young = sold.groups[YOUNG.name]
    least = 0.95 * float(young.reach(sold.by_location(young.contacts)).sum())
    spend = int(sold.price_minor.sum() * 0.2898)
    asked = brief(
        int(sold.price_minor.sum()),
        caps=Caps(max_spend_per_screen_minor=spend),
        minimums=(Minimum(YOUNG, "reach", least),),
    )
    tight = solve_relaxation(build_linear_program(asked, sold))
    assert tight is not None
    assert round_core(tight, core=6) is None
    found = round_core_exactly(tight, core=6)
    assert found is not None
    assert find_violations(asked, sold, found) == []
