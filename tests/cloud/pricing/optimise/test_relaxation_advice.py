"""Which limit to relax when no plan is feasible, and by how much."""

import math
from dataclasses import replace

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cloud.pricing.optimise.brief import Caps, Minimum, Objective
from cloud.pricing.optimise.limits import relax_limit
from cloud.pricing.optimise.plan import Infeasible, MediaPlan
from cloud.pricing.optimise.search import optimise
from tests.cloud.pricing.optimise.random_briefs import (
    YOUNG,
    brief,
    briefs,
    drawn_brief,
    every_plan,
    offer,
)

TIGHT = {
    "budget": 1.0, "objective": Objective.ATTENTIVE, "slots": None, "per_location": None,
    "per_day": None, "spend": 0.2898, "positions": 2, "least": 0.95, "measure": "reach",
}  # fmt: skip


@settings(max_examples=25, deadline=None)
@example(drawn=TIGHT, seed=1423)
@given(drawn=briefs, seed=st.integers(0, 10_000))
def test_proven_relaxations_make_a_plan_possible(drawn, seed):
    sold = offer(np.random.default_rng(seed), locations=2, hours=3, free=1)
    asked = drawn_brief(drawn | {"least": 0.95, "objective": Objective.ATTENTIVE}, sold)
    found = optimise(asked, sold)
    if isinstance(found, MediaPlan):
        return
    assert list(every_plan(asked, sold)) == []
    for relaxation in found.relaxations:
        changed = asked
        for change in relaxation.changes:
            changed = relax_limit(changed, change.limit, change.to)
        if relaxation.proven:
            assert isinstance(optimise(changed, sold), MediaPlan), relaxation


def test_an_impossible_minimum_says_how_much_is_possible_and_what_it_would_cost():
    sold = offer(np.random.default_rng(4), locations=6, hours=12, days=7)
    cheap = brief(5_000)
    young = sold.groups[YOUNG.name].contacts
    asked = replace(cheap, minimums=(Minimum(YOUNG, "impressions", float(young.sum() * 0.5)),))
    found = optimise(asked, sold)
    assert isinstance(found, Infeasible)
    by_kind = {relaxation.changes[0].limit.kind: relaxation for relaxation in found.relaxations}
    assert set(by_kind) == {"budget", "minimum"}
    assert by_kind["budget"].sentence.startswith("raise the budget from GBP 50.00 to GBP ")
    assert by_kind["minimum"].sentence.startswith("lower the minimum of 18-24 from ")
    assert isinstance(
        optimise(relax_limit(asked, *_change(by_kind["budget"])), sold),
        MediaPlan,
    )
    assert isinstance(
        optimise(relax_limit(asked, *_change(by_kind["minimum"])), sold),
        MediaPlan,
    )


def _change(relaxation):
    (change,) = relaxation.changes
    return change.limit, change.to


def test_when_one_change_is_not_enough_all_are_given():
    sold = offer(np.random.default_rng(4), locations=4, hours=6)
    young = sold.groups[YOUNG.name].contacts
    asked = brief(
        100,
        caps=Caps(max_spots=2),
        minimums=(Minimum(YOUNG, "impressions", float(young.sum() * 0.6)),),
    )
    found = optimise(asked, sold)
    kinds = [
        {change.limit.kind for change in relaxation.changes} for relaxation in found.relaxations
    ]
    assert {"budget"} not in kinds
    assert {"max_spots"} not in kinds
    assert all("minimum" in kind or kind >= {"budget", "max_spots"} for kind in kinds)


def test_more_than_there_is_cannot_be_bought_with_money():
    sold = offer(np.random.default_rng(4))
    total = float(sold.groups[YOUNG.name].contacts.sum())
    found = optimise(brief(10**6, minimums=(Minimum(YOUNG, "impressions", total * 2),)), sold)
    (relaxation,) = found.relaxations
    assert relaxation.changes[0].limit.kind == "minimum"
    assert relaxation.changes[0].to == math.floor(total)
