"""The explanation of a plan: why nothing is bought, and which limit binds."""

import re
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.pricing.optimise.brief import Brief, BriefError, Caps, Minimum, Objective
from cloud.pricing.optimise.limits import relax_limit
from cloud.pricing.optimise.linear_program import build_linear_program
from cloud.pricing.optimise.plan import Infeasible, MediaPlan
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


def test_a_budget_below_the_cheapest_share_is_impossible_and_says_what_it_costs():
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


def test_what_is_sold_out_is_said_to_be():
    found = optimise(brief(10_000), seeded(free=0))
    assert isinstance(found, Infeasible)
    assert "sold out" in found.sentence


def test_a_target_of_whom_nobody_comes_is_said_so():
    sold = seeded()
    sold.target.contacts[:] = 0
    found = optimise(brief(10_000), sold)
    assert isinstance(found, Infeasible)
    assert "no audience of the target is expected" in found.sentence


def test_an_unspent_budget_comes_with_the_limits_that_hold_it_back():
    sold = seeded(free=3)
    found = optimise(brief(10**12), sold)
    (held,) = found.limited_by

    assert found.unspent_minor == 10**12 - found.cost_minor
    assert (held.limit, held.slots) == ("max_positions_per_slot", len(sold))
    assert "max_positions_per_slot: 1" in held.sentence
    (held,) = optimise(brief(10**12, caps=Caps(max_positions_per_slot=9)), sold).limited_by
    assert (held.limit, held.slots) == ("free_positions", len(sold))
    kinds = [one.limit for one in optimise(brief(sold.price_minor.min() * 2), sold).limited_by]
    assert kinds == ["max_positions_per_slot", "budget"]
    few = optimise(brief(10**12, caps=Caps(max_spots_per_screen=1)), sold)
    assert [one.limit for one in few.limited_by] == [
        "max_positions_per_slot",
        "max_spots_per_screen",
    ]


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


@pytest.mark.parametrize("currency", ["JPY", "KWD"])
def test_amounts_have_the_decimals_of_their_currency(currency: str):
    found = optimise(brief(1, currency=currency), seeded())
    decimals = {"JPY": r"JPY 1\b(?!\.)", "KWD": r"KWD 0\.001\b"}[currency]
    assert re.search(f"the budget of {decimals}", found.sentence), found.sentence


def test_minimums_that_need_more_positions_are_not_mistaken_for_nothing():
    sold = seeded(free=3)
    most = float(sold.groups[YOUNG.name].contacts.sum())
    found = optimise(brief(10**9, minimums=(Minimum(YOUNG, "impressions", most * 2),)), sold)
    assert isinstance(found, Infeasible)
    assert "max_positions_per_slot" in " ".join(
        [found.sentence, *(one.sentence for one in found.relaxations)]
    )
