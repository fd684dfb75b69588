"""The uplift is a ratio of sums; its interval is drawn over days with a fixed seed."""

from datetime import date, timedelta

import pytest

from cloud.sales.revenue import (
    HourBasis,
    RevenueHour,
    RevenueSum,
    compute_interval,
    compute_reports,
)

MONDAY = date(2026, 11, 23)


def hour(day: int, actual: int, fixed: int = 100, currency: str = "GBP") -> RevenueHour:
    on = MONDAY + timedelta(days=day)
    return RevenueHour("KX-01", on, HourBasis.OBSERVED, currency, 1, actual, fixed)


def test_an_uplift_is_of_sums_not_a_mean_of_ratios():
    (found,) = compute_reports([hour(0, 300, 100), hour(1, 900, 900)])

    assert found.whole == RevenueSum(2, 2, 1200, 1000)
    assert found.whole.uplift == pytest.approx(0.2)
    assert found.interval is None


def test_currencies_are_not_added():
    found = compute_reports([hour(0, 100), hour(0, 200, currency="EUR")])

    assert [(one.currency, one.whole.actual_minor) for one in found] == [("EUR", 200), ("GBP", 100)]


def test_the_interval_holds_the_uplift_and_repeats():
    days = [RevenueSum(1, 1, 100 + 10 * (day % 5), 100) for day in range(28)]
    first, again = compute_interval(days), compute_interval(days)

    assert first == again
    assert first is not None
    assert first.low < sum(one.actual_minor for one in days) / 2800 - 1 < first.high


def test_equal_days_have_an_interval_without_width():
    found = compute_interval([RevenueSum(1, 1, 120, 100)] * 7)

    assert found is not None
    assert (round(found.low, 9), round(found.high, 9)) == (0.2, 0.2)


def test_no_sales_have_no_uplift():
    assert RevenueSum().uplift is None
    assert compute_reports([]) == []
