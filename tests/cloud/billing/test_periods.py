"""Months of the seller's clock; a slot belongs to the month in which it starts."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from cloud.billing.periods import BillingPeriod, PeriodHours, find_period, split_hours
from cloud.database.orders import SlotRun

LONDON = ZoneInfo("Europe/London")


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("instant", "first_on"),
    [
        (at(2026, 6, 30, 22, 59), date(2026, 6, 1)),
        (at(2026, 6, 30, 23, 0), date(2026, 7, 1)),  # summer time
        (at(2026, 12, 31, 23, 59), date(2026, 12, 1)),
    ],
)
def test_the_month_is_that_of_the_local_clock(instant, first_on):
    period = find_period(instant, LONDON)
    assert period.first_on == first_on
    assert period.starts_at(LONDON) <= instant < period.ends_at(LONDON)


def test_the_last_day_of_each_month():
    assert [BillingPeriod(date(2028, month, 1)).last_on.day for month in range(1, 13)] == [
        31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31,
    ]  # fmt: skip


def test_hours_are_split_by_month_with_their_prices_and_released_ones_left_out():
    start_s = int(at(2026, 6, 30, 21).timestamp())
    runs = (SlotRun(start_s, 3, 2), SlotRun(start_s + 3 * 3_600, 1, 1, 50), SlotRun(0, 5, 0))
    june, july = (BillingPeriod(date(2026, month, 1)) for month in (6, 7))
    assert split_hours(runs, 10, LONDON) == {
        june: PeriodHours(4, 40, (10,), at(2026, 6, 30, 23)),
        july: PeriodHours(3, 70, (10, 50), at(2026, 7, 1, 1)),
    }
