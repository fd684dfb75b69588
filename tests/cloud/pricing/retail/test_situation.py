"""What is known before a price is chosen."""

from datetime import timedelta

import numpy as np
import pytest

from cloud.pricing.retail.rules import Clearance
from tests.cloud.pricing.retail.price_examples import (
    ON,
    make_estimate,
    make_rules,
    make_state,
    recommend_rows,
)


@pytest.mark.parametrize(
    ("days", "stock", "is_clearing"),
    [(0, 1, True), (-1, 1, False), (5, 0, False), (5, None, False)],
)
def test_a_clearance_lasts_until_the_end_of_its_last_day(days, stock, is_clearing):
    rules = make_rules(clearance=Clearance(ends_on=ON + timedelta(days=days)))
    situation = recommend_rows([make_state(stock=stock)], [make_estimate()], rules).situation
    assert situation.is_clearing.tolist() == [is_clearing]
    assert np.isfinite(situation.clearing).all() == is_clearing


def test_a_clearance_is_not_held():
    rules = make_rules(clearance=Clearance(ends_on=ON), hold_days=7)
    rows = [make_state(stock=9, days_since_change=1.0), make_state(days_since_change=1.0)]
    situation = recommend_rows(rows, [make_estimate()], rules).situation
    assert situation.is_on_hold.tolist() == [False, True]


def test_a_row_without_evidence_is_fixed_unless_it_breaks_a_hard_rule():
    rows = [make_state(), make_state(map_minor=400)]
    situation = recommend_rows(rows, [], make_rules()).situation
    assert situation.is_fixed.tolist() == [True, False]
