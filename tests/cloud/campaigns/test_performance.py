"""Costs per thousand and return: the least audience has the highest cost."""

from decimal import Decimal

from cloud.campaigns.performance import compute_cost, compute_roi
from cloud.forecast.intervals.interval import Interval

OTS = Interval(80.0, 100.0, 160.0)


def test_the_interval_of_a_cost_is_turned_round() -> None:
    assert compute_cost(400, OTS) == Interval(2_500, 4_000, 5_000)
    assert compute_cost(400, Interval(0.0, 100.0, 160.0)) is None


def test_return_is_what_comes_back_beyond_the_cost() -> None:
    found = compute_roi(400, OTS, Decimal(5_000))
    assert found == (Decimal("0.00"), Decimal("0.25"), Decimal("1.00"))
    assert compute_roi(400, OTS, Decimal(0)) == (Decimal("-1.00"),) * 3
    assert compute_roi(0, OTS, Decimal(5_000)) is None
