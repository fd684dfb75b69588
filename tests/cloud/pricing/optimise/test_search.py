"""Plans compared with every possible plan; limits hold; the cost of a limit."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.pricing.optimise.audit import find_violations
from cloud.pricing.optimise.brief import BriefError, Caps, Minimum, Objective
from cloud.pricing.optimise.offer import GroupAudience, Offer
from cloud.pricing.optimise.plan import Infeasible, MediaPlan
from cloud.pricing.optimise.search import optimise
from tests.cloud.pricing.optimise.random_briefs import (
    YOUNG,
    bought,
    brief,
    briefs,
    drawn_brief,
    every_plan,
    offer,
    value,
)


@settings(max_examples=25, deadline=None)
@given(drawn=briefs, seed=st.integers(0, 10_000))
def test_a_small_plan_is_the_best_of_all_plans(drawn, seed):
    sold = offer(np.random.default_rng(seed), locations=2, hours=3, free=1)
    asked = drawn_brief(drawn, sold)
    worths = [value(asked, sold, positions) for positions in every_plan(asked, sold)]
    try:
        found = optimise(asked, sold)
    except BriefError:
        assert asked.objective is Objective.ROI  # nothing there earns its price
        return
    if isinstance(found, Infeasible):
        assert not any(worths)  # to buy nothing is no plan
        return
    assert found.value == pytest.approx(value(asked, sold, bought(found, sold)))
    assert found.bound >= max(worths) - 1e-6
    assert found.value >= max(worths) * (1 - 1e-3) - 1e-6


@settings(max_examples=25, deadline=None)
@given(drawn=briefs, seed=st.integers(0, 10_000))
def test_no_limit_is_ever_broken(drawn, seed):
    sold = offer(np.random.default_rng(seed), locations=6, hours=10, days=3, free=2)
    asked = drawn_brief(drawn, sold)
    try:
        found = optimise(asked, sold)
    except BriefError:
        return
    if isinstance(found, MediaPlan):
        positions = bought(found, sold)
        assert find_violations(asked, sold, positions) == []
        assert found.cost_minor == (sold.price_minor * positions).sum() <= asked.budget_minor
        assert 0 <= found.value <= found.bound * (1 + 1e-9)


@pytest.mark.parametrize("spend", [0.2777, 0.2896, 0.2898, 0.2924])
def test_a_minimum_of_reach_that_is_met_on_the_curve_only_is_possible(spend: float):
    sold = offer(np.random.default_rng(1423), locations=2, hours=3, free=1)
    drawn = {
        "budget": 1.0, "objective": Objective.ATTENTIVE, "slots": None, "per_location": None,
        "per_day": None, "spend": spend, "positions": 2, "least": 0.95, "measure": "reach",
    }  # fmt: skip
    asked = drawn_brief(drawn, sold)
    best = max(value(asked, sold, positions) for positions in every_plan(asked, sold))
    found = optimise(asked, sold)

    assert isinstance(found, MediaPlan)
    assert found.value == pytest.approx(best, rel=1e-3)


def test_the_same_question_gets_the_same_plan():
    sold = offer(np.random.default_rng(3), locations=8, hours=12, days=7)
    asked = brief(20_000, minimums=(Minimum(YOUNG, "impressions", 150),))
    assert optimise(asked, sold) == optimise(asked, sold)


@pytest.mark.parametrize("objective", [Objective.ATTENTIVE, Objective.REACH])
def test_the_gap_is_small(objective):
    sold = offer(np.random.default_rng(1), locations=12, hours=14, days=7)
    found = optimise(
        brief(
            sold.price_minor.sum() * 0.05,
            objective=objective,
            caps=Caps(max_spots_per_screen=20, max_spots_per_screen_per_day=5),
        ),
        sold,
    )
    assert found.gap <= 0.005
    assert found.value > 0


def test_a_budget_too_small_for_any_slot_makes_no_plan():
    sold = offer(np.random.default_rng(1))
    found = optimise(brief(1), replace(sold, price_minor=sold.price_minor + 10))
    assert isinstance(found, Infeasible)
    assert "no position can be bought" in found.sentence


def test_reach_spreads_where_impressions_pile_up():
    # one place with many cheap contacts of few people, one dear with many people
    sold = Offer(
        key=np.array(["a1", "a2", "a3", "b1", "b2", "b3"]),
        names=("A", "B"),
        location=np.array([0, 0, 0, 1, 1, 1]),
        day=np.zeros(6, dtype=np.int64),
        price_minor=np.full(6, 100),
        free=np.ones(6, dtype=np.int64),
        target=GroupAudience(np.array([100.0, 100, 100, 60, 60, 60]), np.array([50.0, 1000])),
        low=np.zeros(6),
        high=np.full(6, 120.0),
        groups={},
    )
    piled = optimise(brief(300), sold)
    spread = optimise(brief(300, objective=Objective.REACH), sold)
    assert {line.location for line in piled.lines} == {"A"}
    assert [line.location for line in spread.lines] == ["B", "B", "B"]
    assert spread.reach.p50 > piled.reach.p50
    assert spread.reach.p10 < spread.reach.p50 < spread.reach.p90


def test_return_leaves_out_what_does_not_earn_its_price():
    sold = offer(np.random.default_rng(5), locations=3, hours=8)
    worth = sold.target.contacts * 12 / sold.price_minor
    found = optimise(brief(10**6, objective=Objective.ROI, value_minor=12.0, min_roi=0.2), sold)
    assert {line.key for line in found.lines} == set(sold.key[worth >= 1.2].tolist())
    with pytest.raises(BriefError, match="value impressions higher"):
        optimise(brief(10**6, objective=Objective.ROI, value_minor=0.01), sold)


def test_the_price_of_a_limit_is_what_one_more_brings():
    sold = offer(np.random.default_rng(2), locations=6, hours=12, days=7)
    budget = int(sold.price_minor.sum() * 0.2)
    found = optimise(brief(budget), sold)
    (price,) = found.shadow_prices
    more = optimise(brief(budget + 100), sold)
    assert more.bound - found.bound == pytest.approx(price.worth, rel=0.05)
    assert price.sentence.startswith("GBP 1 more buys ")
    assert price.sentence.endswith(" attentive impressions")


def test_a_minimum_costs_what_it_takes_from_the_rest():
    sold = offer(np.random.default_rng(2), locations=6, hours=12, days=7)
    plain = optimise(brief(20_000), sold)
    young = sold.groups[YOUNG.name].contacts @ bought(plain, sold)
    asked = brief(20_000, minimums=(Minimum(YOUNG, "impressions", float(young * 1.2)),))
    found = optimise(asked, sold)
    assert found.minimums[0].achieved >= young * 1.2 * (1 - 1e-9)
    assert found.value < plain.value
    sentences = [price.sentence for price in found.shadow_prices]
    assert any(line.startswith("the minimum of 18-24: each impression") for line in sentences)
