"""The limits that keep a plan from buying more; each slot counts under the first of them."""

import numpy as np

from cloud.pricing.optimise.binding_limits import find_binding_limits
from cloud.pricing.optimise.brief import Caps, Minimum, Objective
from cloud.pricing.optimise.linear_program import build_linear_program
from cloud.pricing.optimise.search import optimise
from tests.cloud.pricing.optimise.random_briefs import YOUNG, brief, offer
from tests.cloud.pricing.optimise.small_offer import small_offer


def seeded(seed: int = 7, **more):
    return offer(np.random.default_rng(seed), **more)


def test_an_unspent_budget_comes_with_the_limits_that_hold_it_back():
    sold = seeded(free=3)
    found = optimise(brief(10**12), sold)
    (held,) = found.limited_by

    assert found.unspent_minor == 10**12 - found.cost_minor
    assert (held.limit, held.slots) == ("max_positions_per_slot", len(sold))
    assert held.sentence.startswith("no more than 1 of a slot's positions may be bought: ")
    (held,) = optimise(brief(10**12, caps=Caps(max_positions_per_slot=9)), sold).limited_by
    assert (held.limit, held.slots) == ("free_positions", len(sold))
    kinds = [one.limit for one in optimise(brief(sold.price_minor.min() * 2), sold).limited_by]
    assert kinds == ["max_positions_per_slot", "budget"]
    few = optimise(brief(10**12, caps=Caps(max_spots_per_screen=1)), sold)
    assert [one.limit for one in few.limited_by] == [
        "max_positions_per_slot",
        "max_spots_per_screen",
    ]


def binding(*positions, budget=9_999, offer=None, **asked):
    program = build_linear_program(brief(budget, **asked), offer or small_offer())
    return find_binding_limits(program, np.array(positions))


def kinds(*positions, **asked):
    return [(one.limit, one.slots) for one in binding(*positions, **asked)]


def test_where_everything_is_bought_the_cap_goes_before_the_free_positions():
    assert kinds(1, 1, 1, 1) == [("max_positions_per_slot", 1), ("free_positions", 3)]


def test_a_plan_that_could_buy_more_is_held_by_nothing():
    assert kinds(0, 0, 0, 0) == []
    assert kinds(1, 0, 0, 0) == [("free_positions", 1)]


def test_a_budget_holds_the_slots_that_it_does_not_pay_for():
    found = binding(1, 0, 0, 0, budget=450)
    assert [(one.limit, one.slots) for one in found] == [("free_positions", 1), ("budget", 1)]
    assert found[1].sentence == "the budget of GBP 4.50 is exhausted"


def test_caps_hold_in_the_order_of_the_brief():
    caps = Caps(max_spots=2, max_spots_per_screen=1)
    assert kinds(1, 0, 0, 0, caps=caps) == [("free_positions", 1), ("max_spots_per_screen", 2)]
    assert kinds(1, 0, 0, 1, caps=caps) == [("free_positions", 2), ("max_spots", 2)]


def test_a_minimum_holds_nothing_back():
    minimums = (Minimum(YOUNG, "impressions", 1),)
    assert kinds(0, 1, 0, 0, minimums=minimums) == [("max_positions_per_slot", 1)]


def test_a_slot_without_value_is_held_by_no_limit():
    sold = small_offer()
    sold.target.contacts[:3] = 0
    assert kinds(0, 0, 0, 0, offer=sold, budget=1) == [("budget", 1)]


def test_every_slot_with_value_counts_once_for_every_objective():
    everything = Caps(max_spots=1, max_spots_per_screen_per_day=1, max_spend_per_screen_minor=1)
    for objective in (Objective.ATTENTIVE, Objective.REACH):
        found = kinds(1, 0, 0, 0, budget=100, caps=everything, objective=objective)
        assert found == [("free_positions", 1), ("budget", 3)]
