"""A shortfall exists only where even P90 is below the booking; the credit is rounded once."""

from decimal import Decimal
from typing import Any

import pytest

from cloud.campaigns.guarantees import Guarantee, Metric
from cloud.campaigns.make_goods import DeliveredAmount, compute_shortfall, measure_delivery
from cloud.campaigns.totals import DeliveryTotals


@pytest.mark.parametrize(
    ("booked", "delivered", "low", "high", "credit"),
    [
        (100, 75, 60, 90, 25),  # certain
        (100, 75, 60, 100, None),  # it may have been delivered
        (100, 75, 60, 99.999, 25),
        (100, 120, 110, 130, None),
        (0, 0, 0, 0, None),
        (3, 1, 1, 1, 67),  # 66.67, rounded once
        (200, 199, 199, 199, 1),  # 0.5, half up
        (100, 0, 0, 0, 100),
    ],
)
def test_only_a_certain_shortfall_is_credited(
    booked: float, delivered: float, low: float, high: float, credit: int | None
) -> None:
    numbers = (Decimal(str(one)) for one in (booked, delivered, low, high))
    found = compute_shortfall(DeliveredAmount(Metric.OTS, *numbers), 100)
    assert (None if found is None else found.credit_minor) == credit


def test_delivery_is_measured_in_what_was_promised() -> None:
    totals = DeliveryTotals(plays=30, ordered_milli=120_000)
    totals.ots.add(75.0, 10.0)
    totals.attention_s.add(15.0)
    totals.measured.ots_milli = 50_000
    plays = measure_delivery(totals, None)
    assert (plays.metric, plays.booked, plays.delivered, plays.high) == (Metric.PLAYS, 120, 30, 30)
    promised = measure_delivery(totals, Guarantee(Metric.PLAYS, 40, measured_only=False))
    assert (promised.booked, promised.high) == (40, 30)
    ots = measure_delivery(totals, Guarantee(Metric.OTS, 100, measured_only=False))
    assert (ots.booked, ots.delivered) == (100, 75)
    assert ots.low < 75 < ots.high
    only = measure_delivery(totals, Guarantee(Metric.OTS, 100, measured_only=True))
    assert (only.low, only.delivered, only.high) == (50, 50, 50)
    attention = measure_delivery(totals, Guarantee(Metric.ATTENTION, 20, measured_only=False))
    assert (attention.booked, attention.delivered) == (20, 15)


@pytest.mark.parametrize(
    ("plays", "ordered", "unknown", "delivered", "credit"),
    [
        (30, 120, 60, 60, 50),  # half of the known hours: half of the others as well
        (89, 100, 10, "98.889", 1),  # one play is missing for sure, not eleven
        (90, 100, 10, 100, None),
        (0, 100, 100, 100, None),  # nothing is known of any hour
        (0, 100, 40, 0, 100),  # nothing was shown in any hour that is known
    ],
)
def test_plays_of_which_nothing_is_known_are_neither_zero_nor_delivered(
    plays: int, ordered: int, unknown: int, delivered: Any, credit: int | None
) -> None:
    totals = DeliveryTotals(
        plays=plays, ordered_milli=ordered * 1_000, unknown_milli=unknown * 1_000
    )
    amount = measure_delivery(totals, None)
    assert (amount.low, amount.high) == (plays, plays + unknown)
    assert round(amount.delivered, 3) == Decimal(delivered)
    found = compute_shortfall(amount, 100)
    assert (None if found is None else found.credit_minor) == credit
