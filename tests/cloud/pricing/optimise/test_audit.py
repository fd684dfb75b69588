"""A plan is checked against every limit of its brief, counted from its slots."""

import math

import numpy as np
import pytest

from cloud.pricing.optimise.audit import find_violations, measure_limit
from cloud.pricing.optimise.brief import Caps, Minimum
from cloud.pricing.optimise.limits import list_limits
from tests.cloud.pricing.optimise.random_briefs import YOUNG, brief
from tests.cloud.pricing.optimise.small_offer import small_offer

TWO_EACH = Caps(max_positions_per_slot=2)


def broken(asked, *positions):
    return find_violations(asked, small_offer(), np.array(positions))


def test_a_plan_that_uses_every_limit_in_full_breaks_none():
    caps = Caps(
        max_spots=3,
        max_spots_per_screen=2,
        max_spots_per_screen_per_day=2,
        max_spend_per_screen_minor=400,
    )
    minimums = (Minimum(YOUNG, "impressions", 6.0),)
    assert broken(brief(600, caps=caps, minimums=minimums), 1, 1, 0, 1) == []


def test_nothing_bought_breaks_no_cap():
    assert broken(brief(1), 0, 0, 0, 0) == []


@pytest.mark.parametrize(
    ("budget", "caps", "positions", "sentence"),
    [
        (599, Caps(), (1, 1, 0, 1), "the budget: 6.0 above 5.99 GBP"),
        (9999, Caps(max_spots=1), (1, 1, 0, 0), "the slots of the plan: 2 above 1 slots"),
        (
            9999,
            Caps(max_spots_per_screen=1),
            (1, 0, 1, 1),
            "the slots per screen: 2 above 1 slots",
        ),
        (
            9999,
            Caps(max_spots_per_screen_per_day=1),
            (1, 1, 1, 0),
            "the slots per screen and day: 2 above 1 slots",
        ),
        (
            9999,
            Caps(max_spend_per_screen_minor=399),
            (1, 0, 1, 0),
            "the spend per screen: 4.0 above 3.99 GBP",
        ),
    ],
)
def test_each_limit_is_broken_by_one_more_than_it_allows(budget, caps, positions, sentence):
    assert broken(brief(budget, caps=caps), *positions) == [sentence]


def test_one_slot_a_day_on_each_screen_is_within_a_cap_of_one_a_day():
    assert broken(brief(9999, caps=Caps(max_spots_per_screen_per_day=1)), 1, 0, 1, 1) == []


@pytest.mark.parametrize(
    ("caps", "positions"),
    [
        (Caps(), (0, 2, 0, 0)),  # two are free, one is allowed
        (TWO_EACH, (2, 0, 0, 0)),  # two are allowed, one is free
        (Caps(), (-1, 0, 0, 0)),
    ],
)
def test_no_more_of_a_slot_than_is_free_or_allowed_and_never_fewer_than_none(caps, positions):
    assert broken(brief(9999, caps=caps), *positions) == [
        "more positions of a slot than are free or allowed"
    ]


def test_two_positions_of_a_slot_count_and_cost_twice():
    asked = brief(199, caps=Caps(max_positions_per_slot=2, max_spots=1))
    assert broken(asked, 0, 2, 0, 0) == [
        "the budget: 2.0 above 1.99 GBP",
        "the slots of the plan: 2 above 1 slots",
    ]


@pytest.mark.parametrize(("least", "met"), [(5.0, True), (5.0 + 1e-9, True), (5.0001, False)])
def test_a_minimum_is_met_to_a_billionth(least, met):
    sentences = broken(brief(9999, minimums=(Minimum(YOUNG, "impressions", least),)), 0, 1, 0, 1)
    assert sentences == ([] if met else ["the minimum of 18-24: 5.0 of 5.0001 impressions"])


def test_a_minimum_of_reach_counts_different_people_of_each_screen():
    asked = brief(9999, minimums=(Minimum(YOUNG, "reach", 1.0),))
    (_, limit) = list_limits(asked)
    found = measure_limit(limit, small_offer(), np.array([1, 1, 0, 1]), 100)
    by_hand = 10 * (1 - math.exp(-4 / 10)) + 20 * (1 - math.exp(-2 / 20))
    assert found == pytest.approx(by_hand)


def test_a_currency_without_minor_units_is_counted_in_whole_units():
    assert broken(brief(600, currency="JPY"), 1, 1, 0, 1) == []
    assert broken(brief(599, currency="JPY"), 1, 1, 0, 1) == ["the budget: 600.0 above 599.0 JPY"]
