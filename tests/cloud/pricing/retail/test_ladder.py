"""Price ladders: steps, endings, tiers, decimals of the currency."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.money import MoneyError
from cloud.pricing.retail.ladder import EVERY_MINOR_UNIT, LadderTier, build_ladder

NINES = (
    LadderTier(below=Decimal(20), step=Decimal("0.1"), ending=Decimal("0.09")),
    LadderTier(step=Decimal(1), ending=Decimal("0.99")),
)


@pytest.mark.parametrize(
    ("price", "down", "up"),
    [(349, 349, 349), (350, 349, 359), (1995, 1989, 1999), (2000, 1999, 2099), (5, -np.inf, 9)],
)
def test_a_price_lies_between_two_prices_of_the_ladder(price, down, up):
    ladder = build_ladder(NINES, "GBP")
    column = np.array([float(price)])
    assert (ladder.step_down(column)[0], ladder.step_up(column)[0]) == (down, up)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 100_000), min_size=1, max_size=20))
def test_rounding_to_the_ladder_is_idempotent(prices):
    for ladder in (build_ladder(NINES, "GBP"), EVERY_MINOR_UNIT):
        column = np.array(prices, float)
        up = ladder.step_up(column)
        assert (ladder.step_up(up) == up).all()
        assert (ladder.step_down(up) == up).all()
        down = ladder.step_down(up - 1)
        assert (down < up).all()


@pytest.mark.parametrize(("currency", "step", "steps"), [("JPY", "10", 10), ("KWD", "0.05", 50)])
def test_a_step_is_counted_in_the_minor_unit_of_the_currency(currency, step, steps):
    ladder = build_ladder((LadderTier(step=Decimal(step)),), currency)
    assert ladder.step_up(np.array([1.0]))[0] == steps


@pytest.mark.parametrize(
    ("tiers", "currency", "words"),
    [
        ((LadderTier(step=Decimal(0)),), "GBP", "write a step above 0"),
        ((LadderTier(step=Decimal("0.1"), ending=Decimal("0.1")),), "GBP", "below the step"),
        ((LadderTier(below=Decimal(5), step=Decimal(1)),), "GBP", "every tier but the last"),
        ((NINES[1], NINES[1]), "GBP", "every tier but the last"),
        ((NINES[0], NINES[0], NINES[1]), "GBP", "at or before its start"),
    ],
)
def test_a_tier_that_no_price_fits_is_refused(tiers, currency, words):
    with pytest.raises(ValueError, match=words):
        build_ladder(tiers, currency)


def test_a_yen_has_no_decimals():
    with pytest.raises(MoneyError, match="at most 0 decimals"):
        build_ladder((LadderTier(step=Decimal("0.5")),), "JPY")
