"""Billing periods: months of the seller's clock, half-open."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from cloud.booking.order_line import HOUR_S
from cloud.database import EPOCH
from cloud.database.orders import SlotRun


@dataclass(frozen=True, slots=True, order=True)
class BillingPeriod:
    """A month, by its first day."""

    first_on: date

    @property
    def next_first_on(self) -> date:
        """The first day of the next month."""
        return (self.first_on + timedelta(days=32)).replace(day=1)

    @property
    def last_on(self) -> date:
        """The last day of the month."""
        return self.next_first_on - timedelta(days=1)

    def starts_at(self, zone: ZoneInfo) -> datetime:
        """The first instant of the month."""
        return datetime.combine(self.first_on, datetime.min.time(), zone)

    def ends_at(self, zone: ZoneInfo) -> datetime:
        """The first instant after the month."""
        return datetime.combine(self.next_first_on, datetime.min.time(), zone)


@dataclass(frozen=True, slots=True)
class PeriodHours:
    """Position-hours of a line in a period, and when the last slot of them ends."""

    hours: int
    ends_at: datetime


def find_period(instant: datetime, zone: ZoneInfo) -> BillingPeriod:
    """The month of an instant."""
    return BillingPeriod(instant.astimezone(zone).date().replace(day=1))


def split_hours(runs: Iterable[SlotRun], zone: ZoneInfo) -> Mapping[BillingPeriod, PeriodHours]:
    """The booked position-hours of a line by the month in which each slot starts."""
    hours: Counter[BillingPeriod] = Counter()
    ends: dict[BillingPeriod, int] = {}
    for run in runs:
        if not run.positions:
            continue
        for number in range(run.hours):
            start_s = run.starts_at + number * HOUR_S
            period = find_period(EPOCH + timedelta(seconds=start_s), zone)
            hours[period] += run.positions
            ends[period] = max(ends.get(period, 0), start_s + HOUR_S)
    return {
        period: PeriodHours(count, EPOCH + timedelta(seconds=ends[period]))
        for period, count in sorted(hours.items())
    }
