"""Why nothing is bought, and what would have to change for the first position."""

import numpy as np
import pytest

from cloud.pricing.optimise.brief import Caps, Minimum, Objective
from cloud.pricing.optimise.empty_plan import explain_empty_plan, is_affordable, is_money
from cloud.pricing.optimise.limits import list_limits, relax_limit
from cloud.pricing.optimise.linear_program import build_linear_program
from cloud.pricing.optimise.plan import Infeasible, MediaPlan
from cloud.pricing.optimise.search import optimise
from tests.cloud.pricing.optimise.random_briefs import YOUNG, brief, offer
from tests.cloud.pricing.optimise.small_offer import small_offer


def seeded(seed: int = 7, **more):
    return offer(np.random.default_rng(seed), **more)


def test_a_budget_below_the_cheapest_position_is_impossible_and_says_what_it_costs():
    sold = seeded()
    cheapest = int(sold.price_minor.min())
    found = optimise(brief(1), sold)

    assert isinstance(found, Infeasible)
    assert f"the cheapest costs GBP {cheapest / 100:.2f}, more than the budget of GBP 0.01" in (
        found.sentence
    )
    (relaxation,) = found.relaxations
    assert relaxation.sentence == f"raise the budget from GBP 0.01 to GBP {cheapest / 100:.2f}"
    again = optimise(
        relax_limit(brief(1), relaxation.changes[0].limit, relaxation.changes[0].to), sold
    )
    assert isinstance(again, MediaPlan)
    assert len(again.lines) == 1


def test_every_money_limit_that_is_too_small_is_raised_at_once():
    sold = seeded()
    asked = brief(2, caps=Caps(max_spend_per_screen_minor=1))
    found = optimise(asked, sold)

    assert isinstance(found, Infeasible)
    (relaxation,) = found.relaxations
    assert {change.limit.kind for change in relaxation.changes} == {
        "budget",
        "max_spend_per_screen",
    }


def test_a_sold_out_offer_is_explained():
    found = optimise(brief(10_000), seeded(free=0))
    assert isinstance(found, Infeasible)
    assert "sold out" in found.sentence


def test_an_absent_target_group_is_explained():
    sold = seeded()
    sold.target.contacts[:] = 0
    found = optimise(brief(10_000), sold)
    assert isinstance(found, Infeasible)
    assert "no audience of the target is expected" in found.sentence


def program(budget, sold=None, **asked):
    return build_linear_program(brief(budget, **asked), sold or small_offer())


@pytest.mark.parametrize(
    ("budget", "caps", "affordable"),
    [
        (99, Caps(), False),
        (100, Caps(), True),
        (9_999, Caps(max_spend_per_screen_minor=99), False),
        (9_999, Caps(max_spend_per_screen_minor=100), True),
    ],
)
def test_the_cheapest_position_is_affordable_to_the_penny(budget, caps, affordable):
    assert is_affordable(program(budget, caps=caps)) is affordable


def test_a_sold_out_slot_is_not_affordable_however_cheap():
    sold = small_offer(free=np.array([0, 0, 1, 1]))
    assert not is_affordable(program(299, sold))
    assert is_affordable(program(300, sold))


def test_a_slot_without_the_target_counts_only_for_a_minimum():
    sold = small_offer()
    sold.target.contacts[:2] = 0
    assert not is_affordable(program(299, sold))
    assert is_affordable(program(299, sold, minimums=(Minimum(YOUNG, "impressions", 1),)))


def test_money_limits_are_those_in_the_currency_of_the_brief():
    caps = Caps(max_spots=1, max_spend_per_screen_minor=5)
    asked = brief(5, caps=caps, minimums=(Minimum(YOUNG, "reach", 1),))
    kinds = [one.kind for one in list_limits(asked) if is_money(one, asked)]
    assert kinds == ["budget", "max_spend_per_screen"]


def test_both_money_limits_are_named_with_the_price_of_the_cheapest_slot():
    asked = program(50, caps=Caps(max_spend_per_screen_minor=80))
    found = explain_empty_plan(asked)
    assert found.sentence == (
        "no position can be bought: the cheapest costs GBP 1.00, more than the budget of GBP 0.50 "
        "and the spend per screen of GBP 0.80"
    )
    (relaxation,) = found.relaxations
    assert (relaxation.proven, [change.to for change in relaxation.changes]) == (True, [1.0, 1.0])
    assert relaxation.sentence == (
        "raise the budget from GBP 0.50 to GBP 1.00 and raise the spend per screen from GBP 0.80 "
        "to GBP 1.00"
    )


def test_where_money_is_not_the_reason_no_amount_is_named():
    found = explain_empty_plan(program(9_999))
    assert found == Infeasible(
        "no position fits the limits of the brief together: raise one of them", ()
    )


def test_the_number_of_sold_out_slots_is_given():
    found = explain_empty_plan(program(9_999, small_offer(free=np.zeros(4, dtype=np.int64))))
    assert found.sentence.startswith("every slot that matches the brief is sold out (4 slots): ")
    assert found.relaxations == ()


def test_slots_that_only_just_earn_their_price_are_explained():
    even = small_offer(price_minor=np.array([100, 200, 300, 400]))
    asked = program(9_999, even, objective=Objective.ROI, value_minor=10.0)
    assert "the slots only just earn their price" in explain_empty_plan(asked).sentence
