"""Protection levels and bid prices: the figures of the textbook, the borders, invalid demand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.pricing.emsr import (
    DemandError,
    FareClass,
    compute_bid_price_minor,
    compute_protection_levels,
)

CLASSES = [
    FareClass("exclusive", 105_000, 17.3, 5.8),
    FareClass("guaranteed", 56_700, 45.1, 15.0),
    FareClass("open", 53_400, 39.6, 13.2),
    FareClass("preemptible", 52_000, 34.0, 11.3),
]


def test_protection_levels_are_those_of_the_textbook():
    assert [round(level, 1) for level in compute_protection_levels(CLASSES)] == [16.7, 50.9, 83.2]


def test_at_a_protection_level_a_position_is_worth_the_next_fare():
    levels = compute_protection_levels(CLASSES)
    for level, cheaper in zip(levels, CLASSES[1:], strict=True):
        assert compute_bid_price_minor(level, CLASSES) >= cheaper.fare_pence - 1


@given(st.lists(st.floats(0.1, 200), min_size=2, max_size=10))
def test_the_floor_falls_as_more_is_free(free):
    prices = [compute_bid_price_minor(positions, CLASSES) for positions in sorted(free)]
    assert prices == sorted(prices, reverse=True)


def test_a_sold_out_slot_has_no_price_and_one_without_demand_no_floor():
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


def test_one_class_protects_nothing_for_itself():
    assert compute_protection_levels([CLASSES[0]]) == ()
    assert compute_protection_levels([]) == ()


def test_equal_fares_need_no_protection_from_each_other():
    classes = [FareClass("a", 500, 2.0, 1.0), FareClass("b", 500, 3.0, 1.0)]
    assert compute_protection_levels(classes) == (0.0,)


def test_a_certain_demand_is_protected_in_full():
    classes = [FareClass("sure", 900, 2.0, 0.0), FareClass("open", 300, 5.0, 2.0)]
    assert compute_protection_levels(classes) == (2.0,)


def test_a_cheap_fare_never_makes_the_protection_negative():
    classes = [FareClass("rare", 600, 0.1, 3.0), FareClass("open", 590, 5.0, 2.0)]
    assert compute_protection_levels(classes) == (0.0,)


def test_a_class_without_demand_does_not_change_the_bid_price():
    empty = FareClass("nobody", 200_000, 0.0, 0.0)
    assert compute_bid_price_minor(3, [empty, *CLASSES]) == pytest.approx(
        compute_bid_price_minor(3, CLASSES)
    )


def test_an_error_names_the_class_and_what_to_do():
    with pytest.raises(DemandError, match=r"class 'open' pays 5 minor units for nan \+- 1 pos"):
        FareClass("open", 5, math.nan, 1)
    with pytest.raises(DemandError, match="class 'dear' pays more than 'cheap' before it"):
        compute_bid_price_minor(1, [FareClass("cheap", 1, 1, 1), FareClass("dear", 2, 1, 1)])
