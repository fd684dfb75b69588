"""A shortfall exists only where even P90 is below the booking; the credit is rounded once."""

from decimal import Decimal

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
    totals = DeliveryTotals(plays=30, ordered_milli=120_000, unknown_milli=60_000)
    totals.ots.add(75.0, 10.0)
    totals.attention_s.add(15.0)
    totals.measured.ots_milli = 50_000
    plays = measure_delivery(totals, None)
    assert (plays.metric, plays.booked, plays.delivered, plays.high) == (Metric.PLAYS, 120, 30, 90)
    promised = measure_delivery(totals, Guarantee(Metric.PLAYS, 40, measured_only=False))
    assert (promised.booked, promised.high) == (40, 90)
    ots = measure_delivery(totals, Guarantee(Metric.OTS, 100, measured_only=False))
    assert (ots.booked, ots.delivered) == (100, 75)
    assert ots.low < 75 < ots.high
    only = measure_delivery(totals, Guarantee(Metric.OTS, 100, measured_only=True))
    assert (only.low, only.delivered, only.high) == (50, 50, 50)
    attention = measure_delivery(totals, Guarantee(Metric.ATTENTION, 20, measured_only=False))
    assert (attention.booked, attention.delivered) == (20, 15)
