"""What is left of a cap after each position that is bought."""

import numpy as np

from cloud.pricing.optimise.brief import Caps
from cloud.pricing.optimise.limit_rows import limit_rows
from cloud.pricing.optimise.remaining_capacity import RemainingCapacity
from tests.cloud.pricing.optimise.random_briefs import brief
from tests.cloud.pricing.optimise.small_offer import small_offer

EVERY = slice(None)
NOTHING = np.zeros(4, dtype=np.int64)


def capacity(bought=NOTHING, *, budget=9_999, **caps):
    rows = limit_rows(brief(budget, caps=Caps(**caps)), small_offer())
    return RemainingCapacity(rows[-1], bought)


def test_a_slot_fits_while_its_price_is_left_to_the_penny():
    left = capacity(budget=300)
    assert left.holds(EVERY).tolist() == [True, True, True, False]
    left.take(0)
    assert left.holds(EVERY).tolist() == [True, True, False, False]
    left.take(1)
    left.take(1)
    assert left.holds(EVERY).tolist() == [False, False, False, False]


def test_what_is_bought_already_is_used_up():
    left = capacity(np.array([1, 1, 0, 0]), budget=300)
    assert left.holds(EVERY).tolist() == [True, True, False, False]


def test_each_screen_has_its_own_capacity():
    left = capacity(max_spots_per_screen=1)
    left.take(2)
    assert left.holds(EVERY).tolist() == [False, False, False, True]
    assert left.holds(3)
    left.take(3)
    assert not left.holds(3)


def test_each_day_of_a_screen_has_its_own_capacity():
    left = capacity(max_spots_per_screen_per_day=1)
    left.take(0)
    assert left.holds(EVERY).tolist() == [False, False, True, True]


def test_sums_of_decimal_prices_do_not_close_a_limit_that_is_just_met():
    offer = small_offer(price_minor=np.array([10, 20, 30, 40]))
    (rows,) = limit_rows(brief(30), offer)
    left = RemainingCapacity(rows, NOTHING)
    left.take(0)  # 0.30 - 0.10 is a little less than 0.20
    assert left.holds(1)
