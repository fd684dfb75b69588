"""The explanation of a plan: why nothing is bought, and which limit binds."""

import re
from datetime import date, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.pricing.optimise.brief import Brief, BriefError, Minimum, Objective
from cloud.pricing.optimise.linear_program import build_linear_program
from cloud.pricing.optimise.plan import Infeasible
from cloud.pricing.optimise.search import optimise
from tests.cloud.pricing.optimise.random_briefs import (
    MONDAY,
    YOUNG,
    brief,
    briefs,
    drawn_brief,
    offer,
)

UNREADABLE = re.compile(r"None|nan|inf\b|-\d+ days|\s-\d|[{}]")


def outcome(made):
    """What was made, or in which words it was refused."""
    try:
        return made(), ""
    except BriefError as refused:
        return None, str(refused)


def seeded(seed: int = 7, **more):
    return offer(np.random.default_rng(seed), **more)


@settings(max_examples=40, deadline=None)
@given(drawn=briefs, seed=st.integers(0, 10_000), budget=st.floats(1e-6, 1e6))
def test_every_plan_buys_something_and_every_slot_it_leaves_is_accounted_for(drawn, seed, budget):
    sold = seeded(seed, locations=3, hours=5, days=2, free=2)
    asked = drawn_brief(drawn | {"budget": budget}, sold)
    found, refused = outcome(lambda: optimise(asked, sold))
    if refused:
        assert not UNREADABLE.search(refused)
        return
    if isinstance(found, Infeasible):
        words = [found.sentence, *(one.sentence for one in found.relaxations)]
    else:
        words = [
            *(one.sentence for one in found.shadow_prices),
            *(one.sentence for one in found.limited_by),
        ]
        assert found.lines
        assert 0 <= found.unspent_minor == asked.budget_minor - found.cost_minor
        wanted = int((build_linear_program(asked, sold).wanted > 0).sum())
        assert sum(one.slots for one in found.limited_by) == wanted
    assert [one for one in words if UNREADABLE.search(one)] == []


fields = st.fixed_dictionaries(
    {},
    optional={
        "budget_minor": st.integers(-5, 10**13),
        "first_on": st.dates(MONDAY - timedelta(400), MONDAY + timedelta(400)),
        "until_on": st.dates(MONDAY - timedelta(400), MONDAY + timedelta(400)),
        "objective": st.sampled_from(Objective),
        "value_minor": st.none() | st.floats(-1, 1e13),
        "min_roi": st.floats(-1, 2000),
    },
)


@settings(max_examples=200, deadline=None)
@given(fields)
def test_no_refusal_of_a_brief_shows_what_was_not_given_or_counts_days_backwards(drawn):
    whole = {
        "budget_minor": 100, "currency": "GBP", "first_on": MONDAY,
        "until_on": date(2026, 11, 30),
    }  # fmt: skip
    _, refused = outcome(lambda: Brief(**(whole | drawn)))
    assert not re.search(r"None|-\d+ days|pence", refused), refused


def test_minimums_that_need_more_positions_are_not_mistaken_for_nothing():
    sold = seeded(free=3)
    most = float(sold.groups[YOUNG.name].contacts.sum())
    found = optimise(brief(10**9, minimums=(Minimum(YOUNG, "impressions", most * 2),)), sold)
    assert isinstance(found, Infeasible)
    assert "raise the positions of a slot" in " ".join(
        [found.sentence, *(one.sentence for one in found.relaxations)]
    )
