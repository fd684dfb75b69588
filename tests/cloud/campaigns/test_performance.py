"""Costs per thousand and return: the least audience has the highest cost."""

from decimal import Decimal

from cloud.campaigns.performance import compute_attention_for_money, compute_cost, compute_roi
from cloud.campaigns.totals import DeliveryTotals
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


def test_seconds_are_for_one_unit_of_the_currency() -> None:
    totals = DeliveryTotals(hours=1, plays=3, price_minor=1_000)
    totals.attention_s.add_in_group("a", Interval(80, 100, 150))
    assert compute_attention_for_money(totals, "GBP") == Interval(8.0, 10.0, 15.0)
    assert compute_attention_for_money(totals, "JPY") == Interval(0.08, 0.1, 0.15)


def test_without_a_price_or_an_audience_it_is_unknown() -> None:
    free = DeliveryTotals(hours=1, plays=3)
    unobserved = DeliveryTotals(hours=1, plays=3, plays_without_audience=3, price_minor=1_000)
    assert compute_attention_for_money(free, "GBP") is None
    assert compute_attention_for_money(unobserved, "GBP") is None
