"""What attention costs: the price of hours over the attention during the plays of one position."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np

from cloud.planning.price_calendar import PriceCalendar
from cloud.pricing.availability import Availability
from cloud.pricing.slot import Slot, build_slot_columns
from tests.cloud.rates import sites


def calendar(price_minor: list[int], attention_s: list[float]) -> PriceCalendar:
    """Hours of a screen with six positions."""
    site = sites().location("KX-01")
    starts_at = datetime(2026, 11, 23, 8, tzinfo=UTC)
    slots = [Slot(starts_at + timedelta(hours=at), site.zone) for at in range(len(price_minor))]
    prices, spread = np.array(price_minor), np.array([attention_s] * 3)
    return PriceCalendar(
        site=site,
        slots=build_slot_columns(slots),
        price_minor=prices,
        price_p10_minor=prices,
        price_p90_minor=prices,
        entries=spread,
        attention_s=spread,
        estimated=np.zeros(len(price_minor), dtype=bool),
        on_sale=(Availability("available", 6, 0, 6),) * len(price_minor),
    )


def test_a_position_has_its_share_of_the_attention():
    assert calendar([1200], [6000.0]).attention_cost([0]) == Decimal("12.00")


def test_the_cost_of_several_hours_is_that_of_their_sums():
    both = calendar([1000, 3000], [6000.0, 18000.0])
    assert both.attention_cost([0, 1]) == Decimal("10.00")
    assert both.attention_cost([1]) == Decimal("10.00")


def test_without_attention_there_is_no_cost():
    assert calendar([1000], [0.0]).attention_cost([0]) is None
    assert calendar([1000], [1.0]).attention_cost([]) is None
