"""Amounts and shadow prices in words."""

import re

import numpy as np
import pytest
from scipy import sparse

from cloud.pricing.optimise.brief import Minimum
from cloud.pricing.optimise.explanations import ROWS_EACH, amount_in_words, shadow_prices
from cloud.pricing.optimise.limits import Limit, minimum_limit
from cloud.pricing.optimise.linear_program import Matrices, build_linear_program
from cloud.pricing.optimise.relaxation import RelaxedPlan
from cloud.pricing.optimise.search import optimise
from tests.cloud.pricing.optimise.random_briefs import YOUNG, brief, offer
from tests.cloud.pricing.optimise.small_offer import small_offer

BUDGET = Limit("budget", "the budget", 5.0, "GBP")
SPEND = Limit("max_spend_per_screen", "the spend per screen", 2.0, "GBP")
SPOTS = Limit("max_spots_per_screen", "the slots per screen", 2, "slots")
PEOPLE = minimum_limit(Minimum(YOUNG, "reach", 4.0))
IMPRESSIONS = minimum_limit(Minimum(YOUNG, "impressions", 4.0))


def seeded(seed: int = 7, **more):
    return offer(np.random.default_rng(seed), **more)


@pytest.mark.parametrize("currency", ["JPY", "KWD"])
def test_amounts_have_the_decimals_of_their_currency(currency: str):
    found = optimise(brief(1, currency=currency), seeded())
    decimals = {"JPY": r"JPY 1\b(?!\.)", "KWD": r"KWD 0\.001\b"}[currency]
    assert re.search(f"the budget of {decimals}", found.sentence), found.sentence


@pytest.mark.parametrize(
    ("unit", "size", "words"),
    [
        ("GBP", 1200.0, "GBP 1,200.00"),
        ("JPY", 1200.0, "JPY 1,200"),
        ("KWD", 0.5, "KWD 0.500"),
        ("people", 31_200.9, "31,200 people"),
        ("impressions", 0.9, "0 impressions"),
        ("slots", 12, "12 slots"),
        ("positions", 2, "2 positions"),
    ],
)
def test_an_amount_has_its_unit_and_counts_are_never_rounded_up(unit, size, words):
    assert amount_in_words(Limit("minimum", "a limit", size, unit), size) == words


def priced(*rows):
    """Shadow prices of these (limit, about, price)."""
    limits, about, prices = zip(*rows, strict=True)
    empty = np.zeros(0)
    nothing = sparse.csr_matrix((0, 0))
    matrices = Matrices(empty, nothing, empty, nothing, empty, 0, limits, about)
    asked = build_linear_program(brief(1_000), small_offer())
    plan = RelaxedPlan(asked, matrices, empty, 0.0, np.array(prices), empty)
    return shadow_prices(plan, "attentive impressions")


@pytest.mark.parametrize(
    ("limit", "about", "price", "sentence"),
    [
        (BUDGET, "", 53.24, "GBP 1 more buys 53.2 attentive impressions"),
        (BUDGET, "", 12_345.6, "GBP 1 more buys 12,346 attentive impressions"),
        (SPEND, "A", 0.01234, "GBP 1 more at A brings 0.0123 attentive impressions"),
        (SPOTS, "A, day 1", 7.0, "one more slot at A, day 1 brings 7 attentive impressions"),
        (
            PEOPLE,
            "",
            2.5,
            "the minimum of 18-24: each person asked for costs 2.5 attentive impressions",
        ),
        (
            IMPRESSIONS,
            "",
            2.5,
            "the minimum of 18-24: each impression asked for costs 2.5 attentive impressions",
        ),
    ],
)
def test_the_price_of_a_limit_is_a_sentence(limit, about, price, sentence):
    (found,) = priced((limit, about, price))
    assert (found.limit, found.about, found.worth) == (limit, about, price)
    assert found.sentence == sentence


def test_a_limit_without_a_price_and_a_line_of_a_curve_are_not_named():
    assert priced((BUDGET, "", 0.0), (SPEND, "A", 1e-7), (None, "", 5.0)) == ()


def test_of_a_cap_with_many_rows_the_dearest_are_named_in_the_order_of_the_brief():
    rows = [(SPOTS, f"S{number}", float(number)) for number in range(1, 9)]
    found = priced((BUDGET, "", 0.5), *rows)
    assert [one.about for one in found] == ["", "S8", "S7", "S6"]
    assert len(found) == 1 + ROWS_EACH
