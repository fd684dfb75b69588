"""Limits as rows over the slots: amounts x positions <= size."""

import pytest

from cloud.pricing.optimise.brief import Caps, Minimum
from cloud.pricing.optimise.limit_rows import limit_rows
from tests.cloud.pricing.optimise.random_briefs import YOUNG, brief
from tests.cloud.pricing.optimise.small_offer import SCREENS, small_offer


def rows_of(**asked):
    """The rows of the one limit besides the budget."""
    _, rows = limit_rows(brief(1_000, **asked), small_offer())
    return rows.matrix.toarray().tolist(), rows.sizes.tolist(), rows.about


def test_the_budget_is_one_row_of_prices_in_whole_units():
    (rows,) = limit_rows(brief(1_000), small_offer())
    assert rows.matrix.toarray().tolist() == [[1, 1, 3, 4]]
    assert (rows.sizes.tolist(), rows.about) == ([10], ("",))


@pytest.mark.parametrize(
    ("caps", "matrix", "sizes", "about"),
    [
        ({"max_spots": 5}, [[1, 1, 1, 1]], [5], ("",)),
        ({"max_spots_per_screen": 2}, [[1, 1, 1, 0], [0, 0, 0, 1]], [2, 2], SCREENS),
        (
            {"max_spend_per_screen_minor": 350},
            [[1, 1, 3, 0], [0, 0, 0, 4]],
            [3.5, 3.5],
            SCREENS,
        ),
        (
            {"max_spots_per_screen_per_day": 1},
            [[1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
            [1, 1, 1],
            ("A, day 1", "A, day 2", "B, day 1"),
        ),
    ],
)
def test_a_cap_has_a_row_for_each_screen_or_day_that_it_is_about(caps, matrix, sizes, about):
    assert rows_of(caps=Caps(**caps)) == (matrix, sizes, about)


def test_a_minimum_of_impressions_is_a_negated_row():
    minimum = Minimum(YOUNG, "impressions", 5)
    assert rows_of(minimums=(minimum,)) == ([[-1, -3, -3, -2]], [-5], ("",))


def test_a_minimum_of_reach_is_no_row_of_slots():
    rows = limit_rows(brief(1_000, minimums=(Minimum(YOUNG, "reach", 5),)), small_offer())
    assert [one.limit.kind for one in rows] == ["budget"]
