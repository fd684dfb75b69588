"""The linear program of a brief: the worth of slots by objective, and its matrices."""

import math

import numpy as np
import pytest

from cloud.pricing.optimise.brief import BriefError, Caps, Minimum, Objective
from cloud.pricing.optimise.linear_program import build_linear_program, build_matrices
from cloud.pricing.optimise.piecewise_linear import chords, tangents
from cloud.pricing.optimise.plan import Infeasible
from cloud.pricing.optimise.search import optimise
from tests.cloud.pricing.optimise.random_briefs import YOUNG, brief
from tests.cloud.pricing.optimise.small_offer import small_offer

PLAN = np.array([1.0, 1, 0, 1])
REACHED = 50 * (1 - math.exp(-30 / 50)) + 100 * (1 - math.exp(-40 / 100))


def program(**asked):
    return build_linear_program(brief(9_999, **asked), small_offer())


def roi(value_minor, **more):
    return {"objective": Objective.ROI, "value_minor": value_minor, **more}


def test_attentive_impressions_are_worth_their_number():
    asked = program()
    assert asked.worth.tolist() == asked.wanted.tolist() == [10, 20, 30, 40]
    assert asked.value(PLAN) == 70


def test_a_return_is_the_value_beyond_the_price_in_whole_units():
    asked = program(**roi(20.0))
    assert asked.worth.tolist() == pytest.approx([1, 3, 3, 4])
    assert asked.value(PLAN) == pytest.approx(8)


def test_reach_is_worth_the_different_people_of_each_screen():
    asked = program(objective=Objective.REACH)
    assert not asked.worth.any()
    assert asked.wanted.tolist() == [10, 20, 30, 40]
    assert asked.value(PLAN) == pytest.approx(REACHED)


def test_as_many_positions_are_bought_as_are_free_and_allowed():
    assert program().most.tolist() == [1, 1, 1, 1]
    assert program(caps=Caps(max_positions_per_slot=9)).most.tolist() == [1, 2, 1, 1]


def test_a_slot_below_the_least_return_is_left_out():
    asked = program(**roi(12.0, min_roi=0.2))  # earns 1.2, 2.4, 1.2, 1.2 times its price
    assert asked.offer.key.tolist() == ["A/1", "A/2", "A/3", "B/1"]
    asked = program(**roi(12.0, min_roi=0.21))
    assert asked.offer.key.tolist() == ["A/2"]


def test_without_a_slot_that_earns_enough_the_brief_is_refused():
    with pytest.raises(BriefError) as refused:
        program(**roi(1.0, min_roi=0.2))
    assert str(refused.value) == (
        "no slot earns 20% beyond its price at GBP 0.01 an impression: lower min_roi or "
        "value impressions higher"
    )


def test_slots_that_only_just_earn_their_price_are_not_bought():
    even = small_offer(price_minor=np.array([100, 200, 300, 400]))
    asked = brief(9_999, **roi(10.0))
    assert not build_linear_program(asked, even).wanted.any()
    found = optimise(asked, even)
    assert isinstance(found, Infeasible)
    assert "the slots only just earn their price" in found.sentence


def test_matrices_have_a_row_for_each_limit_and_no_column_beside_the_slots():
    drawn = build_matrices(program(caps=Caps(max_spots=2)), tangents)
    assert (drawn.slots, drawn.below.shape, drawn.equal.shape) == (4, (2, 4), (0, 4))
    assert (drawn.cost.tolist(), drawn.most.tolist()) == ([-10, -20, -30, -40], [1, 1, 1, 1])
    assert [limit and limit.kind for limit in drawn.limits] == ["budget", "max_spots"]
    assert drawn.about == ("", "")


def solution(group, plan=PLAN):
    """A plan with the contacts and the people that it reaches on each screen."""
    contacts = small_offer().by_location(group.contacts * plan)
    return np.concatenate([plan, contacts, group.reach(contacts)])


def test_a_plan_with_its_reach_keeps_the_tangents_and_exceeds_the_chords():
    asked = program(objective=Objective.REACH)
    z = solution(asked.offer.target)
    above, below = (build_matrices(asked, shape) for shape in (tangents, chords))
    assert above.equal @ z == pytest.approx(np.zeros(2))
    assert (above.below @ z <= above.sizes + 1e-9).all()
    assert not (below.below @ z <= below.sizes).all()
    assert float(above.cost @ z) == pytest.approx(-REACHED)


def test_a_minimum_of_reach_is_a_row_over_the_people_reached():
    minimum = Minimum(YOUNG, "reach", 4.0)
    asked = program(minimums=(minimum,))
    drawn = build_matrices(asked, tangents)
    z = solution(asked.offer.groups[YOUNG.name])
    (row,) = [at for at, limit in enumerate(drawn.limits) if limit and limit.minimum == minimum]
    reached = 10 * (1 - math.exp(-4 / 10)) + 20 * (1 - math.exp(-2 / 20))
    assert (drawn.below @ z)[row] == pytest.approx(-reached)
    assert drawn.sizes[row] == -4.0
    assert float(drawn.cost @ z) == pytest.approx(-70)  # reach adds nothing to this objective
