"""Prices computed by column equal those of single quotes, to the penny."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.forecast.forecaster import HourForecast
from cloud.forecast.intervals.interval import Interval
from cloud.pricing.emsr import FareClass
from cloud.pricing.market import UNKNOWN_MARKET, Market, Occupancy, PriceOverride, PublishedPrice
from cloud.pricing.price_list import price_slots
from cloud.pricing.quote import quote
from cloud.pricing.rate_card import Bounds
from cloud.pricing.slot import Slot, build_slot_columns
from tests.cloud.rates import CARD, sites

LONDON = ZoneInfo("Europe/London")
KINGS_CROSS = sites().location("KX-01")
TODAY = date(2026, 11, 20)

hours = st.integers(1_735_689_600 // 3600, 1_900_000_000 // 3600)
shares = st.integers(1, 10_000).map(lambda units: Decimal(units) / 1000)
cards = st.builds(
    lambda bounds, move, step, factor: msgspec.structs.replace(
        CARD,
        limits=Bounds(least=min(bounds), most=max(bounds)),
        daily_move=move,
        rounding_minor=step,
        demographic={"professionals_25_45": factor},
    ),
    st.tuples(shares, shares),
    st.none() | shares,
    st.sampled_from([1, 5, 50, 100]),
    shares,
)
markets = st.builds(
    Market,
    st.none()
    | st.builds(
        PublishedPrice, st.integers(1, 10**8), st.just(TODAY), st.just("a test"), st.integers(1, 7)
    ),
    st.none()
    | st.builds(
        lambda booked, fare, mean, deviation: Occupancy(
            6, booked, (FareClass("late", fare, mean, deviation),)
        ),
        st.integers(0, 6),
        st.integers(1, 10**7),
        st.floats(0, 9),
        st.floats(0, 9),
    ),
    st.none()
    | st.builds(PriceOverride, st.just(1), st.integers(1, 10**9), st.just("me"), st.just("a test")),
)
rows = st.lists(st.tuples(hours, st.floats(0, 1e5), markets), min_size=1, max_size=12)


def one_by_one(site, slots, attention_s, card, held) -> list[int]:
    def expecting(slot: Slot, seconds: float) -> HourForecast:
        same = Interval(seconds, seconds, seconds)
        return HourForecast(
            slot.starts_at, same, same, same, same, "measured", "a test", 8, "r", None
        )

    return [
        quote(site, slot, expecting(slot, seconds), card, market).price_minor
        for slot, seconds, market in zip(slots, attention_s, held, strict=True)
    ]


@given(rows, cards, st.integers(1, 10**8), st.floats(0.5, 1e5))
def test_a_column_of_prices_is_its_quotes_one_by_one(asked, card, base: int, base_attention_s):
    site = msgspec.structs.replace(
        KINGS_CROSS, base_rate_minor=base, base_attention_s=base_attention_s
    )
    slots = [Slot(datetime.fromtimestamp(hour * 3600, UTC), LONDON) for hour, _, _ in asked]
    attention_s = [seconds for _, seconds, _ in asked]
    held = [market for _, _, market in asked]
    found = price_slots(site, build_slot_columns(slots), np.array(attention_s), card, held)

    assert found.tolist() == one_by_one(site, slots, attention_s, card, held)


@pytest.mark.parametrize("penny", [0.5, 1.5, 2.5, 1000.5])
def test_halves_of_a_penny_go_up_in_both(penny: float):
    # base 10,000 pence, nothing else on the card: the attention decides the last half penny
    bare = msgspec.structs.replace(
        CARD, peak_hours=(), seasons=(), traffic={}, demographic={},
        attention=Bounds(least=Decimal("0.0001"), most=Decimal(1)),
        limits=Bounds(least=Decimal("0.0001"), most=Decimal(1)),
    )  # fmt: skip
    site = msgspec.structs.replace(KINGS_CROSS, base_rate_minor=5000, base_attention_s=10_000.0)
    slots = [Slot(datetime(2026, 11, 23, 8, tzinfo=UTC), LONDON)]
    attention_s = [penny * 2]
    found = price_slots(site, build_slot_columns(slots), np.array(attention_s), bare)

    assert found.tolist() == one_by_one(site, slots, attention_s, bare, [UNKNOWN_MARKET])
    assert found.tolist() == [int(penny + 0.5)]


@pytest.mark.parametrize(
    ("base", "attention_s", "factor", "pence"),
    [(50, 10_000, "1.15", 58), (60, 13_750, "1.4", 116), (80, 13_750, "1.15", 127)],
)
def test_halves_that_floating_point_puts_just_below_go_up_too(base, attention_s, factor, pence):
    # 50 x 1 x 1.15 is 57.5, and 57.49999999999999 in floating point
    bare = msgspec.structs.replace(
        CARD, peak_hours=(), seasons=(), traffic={},
        demographic={"professionals_25_45": Decimal(factor)},
    )  # fmt: skip
    site = msgspec.structs.replace(KINGS_CROSS, base_rate_minor=base, base_attention_s=10_000.0)
    slots = [Slot(datetime(2026, 11, 23, 8, tzinfo=UTC), LONDON)]
    found = price_slots(site, build_slot_columns(slots), np.array([float(attention_s)]), bare)

    assert found.tolist() == [pence]
    assert found.tolist() == one_by_one(site, slots, [float(attention_s)], bare, [UNKNOWN_MARKET])
