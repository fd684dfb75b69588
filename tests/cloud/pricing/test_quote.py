"""The factors of a quote multiply to its price, to the penny."""

import math
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.forecast.forecaster import HourForecast
from cloud.forecast.intervals.interval import Interval
from cloud.pricing.factors import Factor
from cloud.pricing.quote import Quote, QuoteError, quote
from cloud.pricing.rate_card import Bounds
from cloud.pricing.slot import Slot, parse_slot
from tests.cloud.rates import CARD, sites

LONDON = ZoneInfo("Europe/London")
KINGS_CROSS = msgspec.structs.replace(sites().location("KX-01"), base_attention_s=800.0)
MONDAY_AT_EIGHT = parse_slot("2026-11-23T08:00", LONDON)

spans = st.lists(st.floats(0, 1e6), min_size=3, max_size=3).map(lambda three: sorted(three))
pence = st.integers(1, 100_000_000)
hours = st.integers(946_684_800 // 3600, 4_102_444_799 // 3600)


def expecting(p10: float, p50: float, p90: float) -> HourForecast:
    attention_s = Interval(p10, p50, p90)
    return HourForecast(
        starts_at=MONDAY_AT_EIGHT.starts_at,
        crowd=attention_s,
        entries=attention_s,
        onlookers=attention_s,
        attention_s=attention_s,
        basis="measured",
        reason="a test",
        weeks=8.0,
        model="recent-1",
        cutoff_at=None,
    )


def test_monday_at_eight_in_november_at_kings_cross():
    # 18.00 x 1.25 x 1.4 x 1.3 x 1.3 x 1.3 = 69.2055
    quoted = quote(KINGS_CROSS, MONDAY_AT_EIGHT, expecting(800, 1000, 1200), CARD)

    values = {factor.name: factor.value for factor in quoted.factors if factor.value != 1}
    assert values == {
        "attention": Decimal("1.25"),
        "peak": Decimal("1.4"),
        "demographic": Decimal("1.3"),
        "location": Decimal("1.3"),
        "season": Decimal("1.3"),
    }
    assert (quoted.price_p10_minor, quoted.price_minor, quoted.price_p90_minor) == (
        5536,
        6921,
        8305,
    )


@given(spans, pence, hours)
def test_the_factors_multiply_to_the_price(looking: list[float], base: int, hour: int):
    site = msgspec.structs.replace(KINGS_CROSS, base_rate_minor=base)
    slot = Slot(datetime.fromtimestamp(hour * 3600, UTC), LONDON)
    quoted = quote(site, slot, expecting(*looking), CARD)
    product = math.prod((factor.value for factor in quoted.factors), start=Decimal(base))

    assert quoted.price_minor == product.quantize(Decimal(1), ROUND_HALF_UP)
    assert quoted.price_p10_minor <= quoted.price_minor <= quoted.price_p90_minor


@given(st.floats(0, 1e6), st.floats(0, 1e6), pence)
def test_more_attention_never_costs_less(one: float, other: float, base: int):
    less, more = sorted((one, other))
    site = msgspec.structs.replace(KINGS_CROSS, base_rate_minor=base)
    cheap = quote(site, MONDAY_AT_EIGHT, expecting(less, less, less), CARD)
    dear = quote(site, MONDAY_AT_EIGHT, expecting(more, more, more), CARD)

    assert cheap.price_minor <= dear.price_minor


@pytest.mark.parametrize(
    ("least", "most", "name", "price_minor"),
    [("0.25", "2", "ceiling", 3600), ("5", "8", "floor", 9000)],
)
def test_a_limit_is_a_factor_of_its_own(least: str, most: str, name: str, price_minor: int):
    limits = Bounds(least=Decimal(least), most=Decimal(most))
    card = msgspec.structs.replace(CARD, limits=limits)
    quoted = quote(KINGS_CROSS, MONDAY_AT_EIGHT, expecting(800, 1000, 1200), card)

    assert quoted.factors[-1].name == name
    assert "the rate card allows no" in quoted.factors[-1].reason
    assert quoted.price_minor == price_minor


def test_a_quote_that_its_factors_do_not_explain_cannot_be_made():
    with pytest.raises(QuoteError, match="factors come to 1800 minor units, the price is 1801"):
        Quote(
            slot=MONDAY_AT_EIGHT,
            base_rate_minor=1800,
            factors=(Factor("attention", Decimal(1), "as ever"),),
            price_minor=1801,
            price_p10_minor=1800,
            price_p90_minor=1800,
            currency="GBP",
            rate_card="reference-2",
        )
