"""Rules that change a price after its factors, their order, and their own factors."""

import math
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.forecast.forecaster import HourForecast
from cloud.forecast.intervals.interval import Interval
from cloud.pricing.emsr import DemandError, FareClass
from cloud.pricing.factors import FACTORS
from cloud.pricing.market import Market, Occupancy, OccupancyError, PublishedPrice
from cloud.pricing.quote import Quote, quote
from cloud.pricing.rules import compute_daily_bounds, round_to_step
from cloud.pricing.slot import Slot
from tests.cloud.rates import CARD, sites

KINGS_CROSS = msgspec.structs.replace(sites().location("KX-01"), base_attention_s=800.0)
THURSDAY = date(2026, 11, 19)
BASE_FACTORS = 1 + len(FACTORS)
"""The factors before those of the rules: attention and those of the rate card."""
BY_ITSELF = 6921
"""Pence for Monday at eight at 1,000 s of looking, as test_quote works it out."""

published = st.builds(
    PublishedPrice, st.integers(1, 10**8), st.just(THURSDAY), st.just("a test"), st.integers(1, 7)
)
occupancies = st.builds(
    lambda booked, fare: Occupancy(6, booked, (FareClass("late", fare, 3.0, 1.0),)),
    st.integers(0, 6),
    st.integers(1, 10**6),
)
markets = st.builds(Market, st.none() | published, st.none() | occupancies)


def quoted(market: Market, attention_s: float = 1000.0, **card: object) -> Quote:
    looking = Interval(attention_s, attention_s, attention_s)
    slot = Slot(datetime(2026, 11, 23, 8, tzinfo=UTC), ZoneInfo("Europe/London"))
    hour_forecast = HourForecast(
        slot.starts_at,
        looking,
        looking,
        looking,
        looking,
        "measured",
        "a test",
        8,
        "recent-1",
        None,
    )
    return quote(KINGS_CROSS, slot, hour_forecast, msgspec.structs.replace(CARD, **card), market)


def at(pence: int, days: int = 1) -> Market:
    return Market(PublishedPrice(pence, THURSDAY, "reference-2 abc, recent-1", days))


@pytest.mark.parametrize(
    ("before", "days", "price_minor"),
    [
        (BY_ITSELF, 1, BY_ITSELF),  # nothing to limit
        (6500, 1, BY_ITSELF),  # within 15 %
        (5000, 1, 5750),  # up by 15 %
        (10_000, 1, 8500),  # down by 15 %
        (5003, 1, 5753),  # 5753.45: never more than 15 %
        (8501, 1, 7226),  # 7225.85: never less
        (5000, 2, 6500),  # two days since, two moves
        (3, 1, 4),  # always room for a penny, but below the card's floor ...
    ],
)
def test_a_price_moves_by_so_much_a_day(before: int, days: int, price_minor: int):
    floor = 450  # a quarter of the base rate of 18.00
    assert quoted(at(before, days)).price_minor == max(price_minor, floor)


def test_a_move_gives_its_reason_and_what_it_counts_from():
    factor = quoted(at(5000)).factors[-1]

    assert factor.name == "daily move"
    assert factor.reason == (
        "at most 15% a day from 50.00, published on 2026-11-19 (reference-2 abc, recent-1)"
    )


def test_a_card_without_a_daily_move_lets_prices_leap():
    assert quoted(at(5000), daily_move=None).price_minor == BY_ITSELF


def test_the_last_position_is_not_sold_below_its_expected_later_revenue():
    # 5 of 6 booked; 2 +- 1 more are expected at 90.00: the last goes with P(demand > 1) = 0.84
    late = FareClass("late", 9000, 2.0, 1.0)
    answer = quoted(Market(occupancy=Occupancy(6, 5, (late,))))

    assert answer.factors[-1].name == "occupancy"
    assert "5 of 6 positions are booked and 2.0 more are expected" in answer.factors[-1].reason
    assert answer.price_minor == math.ceil(9000 * 0.8413447)


@pytest.mark.parametrize("booked", [0, 6])
def test_a_bid_price_below_the_price_or_of_nothing_left_changes_nothing(booked: int):
    late = FareClass("late", 7000, 2.0, 1.0)
    answer = quoted(Market(occupancy=Occupancy(6, booked, (late,))))

    assert answer.price_minor == BY_ITSELF
    assert len(answer.factors) == BASE_FACTORS


def test_the_daily_move_wins_over_occupancy_and_the_ceiling_over_both():
    dear = Occupancy(6, 5, (FareClass("late", 10**6, 9.0, 0.0),))

    names = [
        factor.name for factor in quoted(Market(at(10_000).published, dear)).factors[BASE_FACTORS:]
    ]
    assert names == ["occupancy", "daily move"]
    assert quoted(Market(occupancy=dear)).price_minor == 8 * 1800
    assert quoted(Market(at(10**6).published, dear)).price_minor == 8 * 1800


@pytest.mark.parametrize(("step", "price_minor"), [(1, 6921), (5, 6920), (50, 6900), (100, 6900)])
def test_a_card_may_round_to_whole_coins(step: int, price_minor: int):
    assert quoted(Market(), rounding_minor=step).price_minor == price_minor


@given(markets, st.floats(0, 1e5), st.sampled_from([1, 5, 100]))
def test_whatever_the_rules_do_the_factors_multiply_to_the_price(market, attention_s, step):
    answer = quoted(market, attention_s, rounding_minor=step)
    shown = (Decimal(f"{factor.value:f}") for factor in answer.factors)
    product = math.prod(shown, start=Decimal(answer.base_rate_minor))

    assert answer.price_minor == product.quantize(Decimal(1), ROUND_HALF_UP)
    assert 450 <= answer.price_minor <= 14_400


@given(markets, st.floats(0, 1e5), st.floats(0, 1e5), st.sampled_from([1, 5, 100]))
def test_more_attention_never_costs_less_under_any_rule(market, one, other, step):
    less, more = sorted((one, other))

    assert (
        quoted(market, less, rounding_minor=step).price_minor
        <= quoted(market, more, rounding_minor=step).price_minor
    )


@given(st.integers(1, 10**9), st.integers(1, 7))
def test_a_move_holds_the_price_it_starts_from_and_one_penny_more(before: int, days: int):
    least, most = compute_daily_bounds(before, Decimal("0.15"), days)

    assert least < before < most
    assert before - least <= max(1, before * 0.15 * days + 1e-6)
    assert most - before <= max(1, before * 0.15 * days + 1e-6)


@given(st.integers(0, 10**9), st.integers(1, 1000))
def test_a_step_is_the_nearest_one(price: int, step: int):
    assert round_to_step(price, step) % step == 0
    assert abs(round_to_step(price, step) - price) * 2 <= step


def test_an_occupancy_that_cannot_be_is_refused():
    with pytest.raises(OccupancyError, match="7 positions are booked of 6: expected 0 to 6"):
        Occupancy(6, 7)
    with pytest.raises(DemandError, match="list the highest fare first"):
        Occupancy(6, 0, (FareClass("a", 1, 1, 1), FareClass("b", 2, 1, 1)))
