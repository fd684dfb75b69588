"""The choice between bounds: targets keep their order, weak evidence moves less."""

import numpy as np
from hypothesis import given, settings

from cloud.pricing.retail.choice import shrink_targets
from tests.cloud.pricing.retail.price_examples import draw_row, draw_rules, recommend_rows


def test_targets_that_disagree_about_the_direction_keep_the_price():
    targets = np.array([[300.0, 300.0], [280.0, 280.0], [340.0, 420.0]])
    assert shrink_targets(targets, np.array([400.0, 400.0])).tolist() == [340.0, 400.0]


@settings(max_examples=15, deadline=None)
@given(draw_row(), draw_rules())
def test_a_chosen_price_lies_on_the_ladder_or_the_answer_says_that_it_does_not(row, rules):
    found = recommend_rows([row[0]], [row[1]], rules)
    price = found.price_minor.astype(float)
    columns = found.situation.rules
    is_chosen = not found.situation.is_fixed[0] and not found.situation.bounds.is_contradictory[0]
    is_chosen = is_chosen and price[0] != row[0].price_minor  # a price that is worth more stays
    assert not is_chosen or found.leaves_ladder[0] or columns.step_up(price)[0] == price[0]
