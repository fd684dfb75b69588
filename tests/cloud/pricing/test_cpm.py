"""Prices per thousand impressions: worked examples, round trips without a loss, the borders."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.pricing.cpm import (
    CpmError,
    attention_cpm,
    cpm_per_second,
    floor_cpm,
    multiplier,
    play_cost_minor,
    slot_price_minor,
)
from cloud.pricing.impressions import Spot

SPOT = Spot(10, 60)


def test_worked_example_of_a_floor():
    # GBP 12 buys 60 plays of 9.19 impressions each: 551 impressions
    floor = floor_cpm(1200, SPOT, Decimal("9.19"), "GBP")
    assert round(floor, 6) == Decimal("21.762786")
    assert cpm_per_second(floor, SPOT) == Decimal("2.17627856")
    assert slot_price_minor(floor, SPOT, Decimal("9.19"), "GBP") == 1200


@given(
    price_minor=st.integers(1, 10_000_000),
    per_play=st.decimals("0.000001", "100000", places=6),
    loop_s=st.sampled_from([10, 30, 45, 60, 90, 120, 3600]),
)
def test_no_penny_is_lost_on_the_way_there_and_back(price_minor, per_play, loop_s):
    spot = Spot(10, loop_s)
    assert (
        slot_price_minor(floor_cpm(price_minor, spot, per_play, "GBP"), spot, per_play, "GBP")
        == price_minor
    )


@given(st.integers(1, 1_000_000), st.decimals("0.01", "1000", places=6))
def test_an_hour_of_plays_costs_what_the_slot_costs(price_minor, per_play):
    floor = floor_cpm(price_minor, SPOT, per_play, "GBP")
    assert play_cost_minor(floor, per_play, "GBP", plays=60) == price_minor


def test_a_multiplier_keeps_its_decimals():
    assert multiplier(0.32) == Decimal("0.320000")
    assert multiplier(1.3) == Decimal("1.300000")


def test_attention_has_its_own_price():
    assert attention_cpm(1200, Decimal(800), "GBP") == Decimal("15.00000000")


@pytest.mark.parametrize("impressions", ["0", "-1", "NaN", "Infinity"])
def test_no_impressions_have_no_price_per_thousand(impressions):
    with pytest.raises(CpmError, match="quote the slot by the hour"):
        floor_cpm(1200, SPOT, Decimal(impressions), "GBP")


@pytest.mark.parametrize(("currency", "cpm"), [("JPY", 2000), ("GBP", 20), ("KWD", 2)])
def test_amounts_have_the_minor_units_of_their_currency(currency, cpm):
    # 1,200 minor units buy 60 plays of 10 impressions: 600 impressions
    floor = floor_cpm(1200, SPOT, Decimal(10), currency)
    assert floor == Decimal(cpm)
    assert slot_price_minor(floor, SPOT, Decimal(10), currency) == 1200


def test_half_a_minor_unit_is_rounded_up():
    assert play_cost_minor(Decimal(5), Decimal(1), "GBP") == 1  # 0.5 pence
    assert play_cost_minor(Decimal("4.99"), Decimal(1), "GBP") == 0
    assert play_cost_minor(Decimal(5), Decimal(1), "GBP", plays=0) == 0


def test_a_multiplier_below_a_millionth_has_no_price():
    assert multiplier(4e-7) == 0
    with pytest.raises(CpmError, match=r"0\.000000 impressions have no price per thousand"):
        floor_cpm(1200, SPOT, multiplier(4e-7), "GBP")


def test_no_attention_has_no_price():
    with pytest.raises(CpmError, match="0 impressions have no price"):
        attention_cpm(1200, Decimal(0), "GBP")
