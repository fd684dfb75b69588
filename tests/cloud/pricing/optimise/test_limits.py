"""The limits of a brief: in its order, with names and units, and relaxed one at a time."""

from dataclasses import replace

import pytest

from cloud.pricing.optimise.brief import BriefError, Caps, Minimum
from cloud.pricing.optimise.limits import (
    Limit,
    list_limits,
    minimum_limit,
    positions_limit,
    relax_limit,
)
from tests.cloud.pricing.optimise.random_briefs import YOUNG, brief

REACH = Minimum(YOUNG, "reach", 40.0)
IMPRESSIONS = Minimum(YOUNG, "impressions", 90.0)
FULL = brief(
    120_000,
    caps=Caps(
        max_spots=9,
        max_spots_per_screen=8,
        max_spots_per_screen_per_day=7,
        max_spend_per_screen_minor=6_050,
        max_positions_per_slot=2,
    ),
    minimums=(REACH, IMPRESSIONS),
)


def test_every_limit_has_its_size_and_unit_in_the_order_of_the_brief():
    assert [(one.kind, one.size, one.unit) for one in list_limits(FULL)] == [
        ("budget", 1200.0, "GBP"),
        ("max_spots", 9, "slots"),
        ("max_spots_per_screen", 8, "slots"),
        ("max_spots_per_screen_per_day", 7, "slots"),
        ("max_spend_per_screen", 60.5, "GBP"),
        ("minimum", 40.0, "people"),
        ("minimum", 90.0, "impressions"),
    ]
    assert (positions_limit(FULL).size, positions_limit(FULL).unit) == (2, "positions")


def test_a_cap_that_is_not_set_is_no_limit():
    assert list_limits(brief(100)) == (Limit("budget", "the budget", 1.0, "GBP"),)


@pytest.mark.parametrize(("currency", "size"), [("JPY", 120_000), ("GBP", 1200), ("KWD", 120)])
def test_a_budget_is_in_whole_units_of_its_currency(currency, size):
    (limit,) = list_limits(brief(120_000, currency=currency))
    assert limit.size == size
    assert relax_limit(brief(1, currency=currency), limit, size).budget_minor == 120_000


@pytest.mark.parametrize("index", range(5))
def test_relaxing_one_limit_changes_that_one_alone(index):
    before = list_limits(FULL)
    after = list_limits(relax_limit(FULL, before[index], 77.0))
    expected = [replace(one, size=77.0) if at == index else one for at, one in enumerate(before)]
    assert list(after) == expected


def test_the_cap_of_positions_is_relaxed_too():
    relaxed = relax_limit(FULL, positions_limit(FULL), 3.0)
    assert relaxed == replace(FULL, caps=replace(FULL.caps, max_positions_per_slot=3))


def test_a_minimum_is_lowered_and_one_of_nothing_is_left_out():
    lowered = relax_limit(FULL, minimum_limit(REACH), 30.0)
    assert lowered.minimums == (IMPRESSIONS, replace(REACH, least=30.0))
    assert relax_limit(FULL, minimum_limit(REACH), 0).minimums == (IMPRESSIONS,)
    assert relax_limit(FULL, minimum_limit(REACH), 0).caps == FULL.caps


def test_a_limit_cannot_be_relaxed_to_an_invalid_brief():
    budget, slots, *_ = list_limits(FULL)
    with pytest.raises(BriefError, match=r"a budget of GBP 0\.00"):
        relax_limit(FULL, budget, 0.001)
    with pytest.raises(BriefError, match="the cap max_spots of 0"):
        relax_limit(FULL, slots, 0.4)
