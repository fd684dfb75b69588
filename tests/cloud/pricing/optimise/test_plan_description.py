"""A plan of the small offer, every figure of it computed by hand."""

import math

import numpy as np
import pytest

from cloud.forecast.intervals.interval import Interval
from cloud.pricing.optimise.brief import Minimum, Objective
from cloud.pricing.optimise.linear_program import build_linear_program
from cloud.pricing.optimise.plan import PlanLine
from cloud.pricing.optimise.plan_description import describe_plan
from cloud.pricing.optimise.relaxation import solve_relaxation
from tests.cloud.pricing.optimise.random_briefs import YOUNG, brief
from tests.cloud.pricing.optimise.small_offer import small_offer

NOTHING = (0, 0, 0, 0)


def described(*positions, budget=9_999, offer=None, finished=True, **asked):
    program = build_linear_program(brief(budget, **asked), offer or small_offer())
    relaxed = solve_relaxation(program)
    assert relaxed is not None
    return describe_plan(relaxed, np.array(positions), finished=finished)


def test_lines_are_the_slots_bought_with_what_they_cost_and_bring():
    plan = described(0, 2, 0, 1)
    assert plan.lines == (
        PlanLine("A/2", "A", 2, 200, Interval(20.0, 40.0, 80.0)),
        PlanLine("B/1", "B", 1, 400, Interval(20.0, 40.0, 80.0)),
    )
    assert (plan.cost_minor, plan.unspent_minor) == (600, 9_399)
    assert (plan.value, plan.unit) == (80.0, "attentive impressions")


def test_errors_of_one_screen_add_up_and_those_of_two_only_partly():
    # below: 30 of 60 on A and 20 of 40 on B; above: 60 and 40; two screens correlate by 0.3
    plan = described(1, 1, 1, 1)
    below = math.sqrt(0.7 * (30**2 + 20**2) + 0.3 * 50**2)
    above = math.sqrt(0.7 * (60**2 + 40**2) + 0.3 * 100**2)
    assert plan.impressions.p50 == 100
    assert plan.impressions.p10 == pytest.approx(100 - below)
    assert plan.impressions.p90 == pytest.approx(100 + above)
    one_screen = described(1, 1, 1, 0).impressions
    assert (one_screen.p10, one_screen.p90) == (pytest.approx(30), pytest.approx(120))


def test_reach_and_frequency_follow_from_the_contacts_of_each_screen():
    plan = described(1, 1, 0, 1)
    reached = 50 * (1 - math.exp(-30 / 50)) + 100 * (1 - math.exp(-40 / 100))
    assert plan.reach.p50 == pytest.approx(reached)
    assert plan.reach.p10 < plan.reach.p50 < plan.reach.p90
    assert plan.frequency == pytest.approx(70 / reached)


def test_the_bound_is_that_of_the_relaxation_and_the_gap_a_ratio_of_it():
    whole = described(1, 1, 1, 1)
    assert (whole.bound, whole.gap) == (pytest.approx(100), pytest.approx(0))
    part = described(1, 1, 1, 0)
    assert (part.bound, part.gap) == (pytest.approx(100), pytest.approx(0.4))


def test_minimums_are_given_with_what_the_plan_achieves():
    minimum = Minimum(YOUNG, "impressions", 2.0)
    plan = described(1, 1, 0, 0, minimums=(minimum,))
    assert [(one.minimum, one.achieved) for one in plan.minimums] == [(minimum, 4.0)]


@pytest.mark.parametrize(
    ("asked", "unit"),
    [
        ({"objective": Objective.REACH}, "people"),
        ({"objective": Objective.ROI, "value_minor": 20.0}, "GBP of return"),
        ({"objective": Objective.ROI, "value_minor": 20.0, "currency": "JPY"}, "JPY of return"),
    ],
)
def test_the_value_has_the_unit_of_its_objective(asked, unit):
    assert described(1, 1, 1, 1, **asked).unit == unit


def test_an_empty_plan_has_zeros_and_no_frequency():
    plan = described(*NOTHING)
    assert (plan.lines, plan.cost_minor, plan.value, plan.frequency) == ((), 0, 0, 0)
    assert (plan.impressions.p10, plan.impressions.p90, plan.reach.p90) == (0, 0, 0)
    assert plan.gap == pytest.approx(1)


def test_a_plan_of_a_stopped_search_is_marked():
    assert described(*NOTHING).finished
    assert not described(*NOTHING, finished=False).finished
