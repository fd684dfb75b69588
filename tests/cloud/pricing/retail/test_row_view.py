"""Rows of recommendations as values."""

from cloud.pricing.retail.row_view import describe_row, describe_weeks, list_rows
from tests.cloud.pricing.retail.price_examples import (
    make_estimate,
    make_rules,
    make_state,
    recommend_rows,
)


def test_a_row_is_the_same_alone_and_in_the_list():
    states = [make_state(), make_state(store="s-2"), make_state(store="s-3", cost_minor=400)]
    estimates = [make_estimate(), make_estimate(store="s-3", elasticity=-2.0)]
    found = recommend_rows(states, estimates, make_rules(ladder=True))
    rows = list_rows(found)
    assert [describe_row(found, row) for row in range(len(found))] == rows
    assert [one.store for one in rows] == ["s-1", "s-2", "s-3"]
    assert describe_weeks(found.expected, slice(1, 2)) == [None]


def test_an_alternative_that_does_not_exist_is_left_out():
    found = recommend_rows([make_state(price_minor=1, cost_minor=0)], [], make_rules())
    kinds = [str(one.kind) for one in list_rows(found)[0].alternatives]
    assert kinds == ["keep", "dearer"]
