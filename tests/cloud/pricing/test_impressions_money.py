"""Prices per thousand, protection levels and reach: published figures and round trips."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.pricing import reach
from cloud.pricing.cpm import (
    CpmError,
    attention_cpm,
    cpm_per_second,
    floor_cpm,
    multiplier,
    play_cost_minor,
    slot_price_minor,
)
from cloud.pricing.emsr import (
    DemandError,
    FareClass,
    compute_bid_price_minor,
    compute_protection_levels,
)
from cloud.pricing.impressions import Spot
from cloud.pricing.reach import ReachError

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


CLASSES = [
    FareClass("exclusive", 105_000, 17.3, 5.8),
    FareClass("guaranteed", 56_700, 45.1, 15.0),
    FareClass("open", 53_400, 39.6, 13.2),
    FareClass("preemptible", 52_000, 34.0, 11.3),
]


def test_protection_levels_are_those_of_the_textbook():
    assert [round(level, 1) for level in compute_protection_levels(CLASSES)] == [16.7, 50.9, 83.2]


def test_at_a_protection_level_a_share_is_worth_the_next_fare():
    levels = compute_protection_levels(CLASSES)
    for level, cheaper in zip(levels, CLASSES[1:], strict=True):
        assert compute_bid_price_minor(level, CLASSES) >= cheaper.fare_pence - 1


@given(st.lists(st.floats(0.1, 200), min_size=2, max_size=10))
def test_the_floor_falls_as_more_is_free(free):
    prices = [compute_bid_price_minor(positions, CLASSES) for positions in sorted(free)]
    assert prices == sorted(prices, reverse=True)


def test_what_is_sold_out_has_no_price_and_what_nobody_wants_no_floor():
    assert compute_bid_price_minor(0, CLASSES) == math.inf
    assert compute_bid_price_minor(3, []) == 0
    assert compute_bid_price_minor(3, [FareClass("open", 500, 2.0, 0.0)]) == 0
    assert compute_bid_price_minor(2, [FareClass("open", 500, 2.0, 0.0)]) == 500


@pytest.mark.parametrize(
    ("fare", "mean", "deviation"), [(0, 1, 1), (10, -1, 1), (10, math.nan, 1), (10, 1, math.inf)]
)
def test_impossible_demand_is_refused(fare, mean, deviation):
    with pytest.raises(DemandError, match="expected a fare above 0"):
        FareClass("open", fare, mean, deviation)


def test_classes_in_the_wrong_order_are_refused():
    with pytest.raises(DemandError, match="highest fare first"):
        compute_protection_levels(CLASSES[::-1])


def test_reach_grows_ever_more_slowly_and_never_beyond_everybody():
    reached = [reach.reach(contacts, 1000) for contacts in (0, 500, 1000, 5000, 100_000)]
    assert reached[0] == 0
    assert reached[2] == pytest.approx(1000 * (1 - math.exp(-1)))
    assert reached == sorted(reached)
    assert reached[-1] <= 1000


def test_clumped_contacts_reach_fewer():
    assert reach.reach(1000, 1000, clumping=0.5) == pytest.approx(1000 * (1 - 3**-0.5))
    assert reach.reach(1000, 1000, clumping=1e9) == pytest.approx(reach.reach(1000, 1000))


def test_contacts_add_up_over_how_often():
    total = sum(reach.reach_at_least(times, 2500, 1000, clumping=0.8) for times in range(1, 400))
    assert total == pytest.approx(2500, rel=1e-6)
    assert reach.frequency(2500, 1000) == pytest.approx(2500 / reach.reach(2500, 1000))
    assert reach.rating_points(2500, 1000) == 250


def test_screens_together_reach_more_than_each_and_less_than_the_sum():
    assert reach.combine_independent_reach([0.5, 0.5]) == 0.75
    assert reach.combine_independent_reach([]) == 0
    with pytest.raises(ReachError, match="expected 0 to 1"):
        reach.combine_independent_reach([1.5])


@pytest.mark.parametrize(
    ("impressions", "people", "clumping"), [(-1, 10, 1), (1, math.nan, 1), (1, 10, 0), (1, -1, 1)]
)
def test_impossible_reach_is_refused(impressions, people, clumping):
    with pytest.raises(ReachError, match="expected finite"):
        reach.reach(impressions, people, clumping)
